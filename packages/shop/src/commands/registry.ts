/** Every command of the shop by name, so that a port can offer them without knowing them. */
import type * as v from 'valibot';
import type { ShopContext } from '../context.ts';
import { ShopError } from '../errors.ts';
import { correctIsbn, removeBook, saveBook } from './books.ts';
import { commitNote } from './commit-note.ts';
import { createCustomer, editCustomer, removeCustomer } from './customers.ts';
import { importBooks } from './import-books.ts';
import {
  addLine,
  assignWarehouse,
  removeLine,
  setLineDiscount,
  setLinePrice,
  setLineQuantity,
} from './lines.ts';
import { createInboundNote, createOutboundNote, removeNote, renameNote } from './notes.ts';
import {
  addOrderLine,
  markCollected,
  markReceived,
  removeOrderLine,
  restoreOrderLine,
  setOrderLineQuantity,
  unmarkCollected,
  unmarkReceived,
} from './order-lines.ts';
import { assignPublisher, createSupplier, editSupplier, removeSupplier } from './suppliers.ts';
import { createWarehouse, removeWarehouse, renameWarehouse, setWarehouseDiscount } from './warehouses.ts';

export const shopCommands = {
  saveBook,
  removeBook,
  correctIsbn,
  importBooks,
  createWarehouse,
  renameWarehouse,
  setWarehouseDiscount,
  removeWarehouse,
  createInboundNote,
  createOutboundNote,
  renameNote,
  removeNote,
  commitNote,
  addLine,
  setLineQuantity,
  removeLine,
  assignWarehouse,
  setLinePrice,
  setLineDiscount,
  createCustomer,
  editCustomer,
  removeCustomer,
  addOrderLine,
  setOrderLineQuantity,
  removeOrderLine,
  restoreOrderLine,
  markReceived,
  unmarkReceived,
  markCollected,
  unmarkCollected,
  createSupplier,
  editSupplier,
  removeSupplier,
  assignPublisher,
};

export type ShopCommandName = keyof typeof shopCommands;
export type ShopCommandInput<Name extends ShopCommandName> = v.InferInput<
  (typeof shopCommands)[Name]['input']
>;
export type ShopCommandResult<Name extends ShopCommandName> = ReturnType<(typeof shopCommands)[Name]['run']>;

export function isShopCommand(name: string): name is ShopCommandName {
  return Object.hasOwn(shopCommands, name);
}

/** Runs a command that came over a boundary: name and input are checked. Throws ShopError. */
export function runShopCommand(shop: ShopContext, name: string, input: unknown): unknown {
  if (!isShopCommand(name)) throw new ShopError('unknown-name', `There is no command "${name}".`, { name });
  // A union of functions is callable only with the intersection of their inputs; each checks its own at run time.
  const run: (shop: ShopContext, input: never) => unknown = shopCommands[name].run;
  return run(shop, input as never);
}
