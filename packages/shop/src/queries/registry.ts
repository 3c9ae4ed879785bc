/** Every query of the shop by name, so that a port can offer them without knowing them. */
import type { Database } from '@octavo/crsqlite/database.ts';
import type * as v from 'valibot';
import { ShopError } from '../errors.ts';
import { book, countBooks, searchBooks } from './books.ts';
import { countCustomers, customer, searchCustomers, shelfLines } from './customers.ts';
import { needs } from './needs.ts';
import { note, notes } from './notes.ts';
import { orderTasks } from './order-tasks.ts';
import { attention, dashboard } from './overview.ts';
import { countStock, stock } from './stock.ts';
import { countSupplierOrders, supplierOrder, supplierOrders } from './supplier-orders.ts';
import { publishers, supplier, suppliers } from './suppliers.ts';
import { things } from './things.ts';
import { warehouses } from './warehouses.ts';

export const shopQueries = {
  searchBooks,
  countBooks,
  book,
  warehouses,
  notes,
  note,
  stock,
  countStock,
  dashboard,
  attention,
  things,
  searchCustomers,
  countCustomers,
  customer,
  shelfLines,
  suppliers,
  supplier,
  publishers,
  needs,
  supplierOrders,
  countSupplierOrders,
  supplierOrder,
  orderTasks,
};

export type ShopQueryName = keyof typeof shopQueries;
export type ShopQueryArgs<Name extends ShopQueryName> = v.InferInput<(typeof shopQueries)[Name]['args']>;
export type ShopQueryResult<Name extends ShopQueryName> = ReturnType<(typeof shopQueries)[Name]['run']>;

export function isShopQuery(name: string): name is ShopQueryName {
  return Object.hasOwn(shopQueries, name);
}

/** Runs a query that came over a boundary: name and arguments are checked. Throws ShopError. */
export function runShopQuery(db: Database, name: string, args: unknown): unknown {
  if (!isShopQuery(name)) throw new ShopError('unknown-name', `There is no query "${name}".`, { name });
  // A union of functions is callable only with the intersection of their arguments; each checks its own at run time.
  const run: (db: Database, args: never) => unknown = shopQueries[name].run;
  return run(db, args as never);
}
