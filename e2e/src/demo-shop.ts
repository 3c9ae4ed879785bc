import { expect } from '@playwright/test';
import { createShopContext } from '@octavo/shop/context.ts';
import {
  type ShopCommandInput,
  type ShopCommandName,
  type ShopCommandResult,
  runShopCommand,
} from '@octavo/shop/commands/registry.ts';
import { checkDigit10, isbn10To13 } from '@octavo/shop/isbn.ts';
import { demoBooks } from './demo-books.ts';
import { demoOrders } from './demo-orders.ts';
import { NodeReplica } from './node-replica.ts';
import type { ServerProcess } from './server-process.ts';

/** Where to find what the demo shop has. */
export interface DemoShop {
  /** A book that is in stock. */
  isbn: string;
  openPurchase: string;
  openSale: string;
  committedSale: string;
  /** Waits for books in every state. */
  customer: string;
  supplier: string;
  /** Placed, and partly received. */
  supplierOrder: string;
}

/**
 * Run by one device: a warehouse with stock, another with little, notes of both kinds and customers' orders in every
 * state.
 */
export async function fillWithDemoShop(server: ServerProcess): Promise<DemoShop> {
  using replica = await NodeReplica.open(server.url);
  const context = createShopContext(replica.database, Date.now);
  const run = <Name extends ShopCommandName>(
    name: Name,
    input: ShopCommandInput<Name>,
  ): ShopCommandResult<Name> =>
    // The command of this name gives the result of this name; its type is lost in the registry.
    replica.write(() => settled(runShopCommand(context, name, input))) as ShopCommandResult<Name>;

  const isbns = demoBooks.map(([body]) => isbn10To13(body + checkDigit10(body)));
  const isbn = (index: number) => isbns[index % isbns.length] ?? '';
  for (const [index, [, title, authors, publisher, year, price, category]] of demoBooks.entries())
    run('saveBook', { isbn: isbn(index), title, authors, publisher, year, price, category });

  const shop = run('createWarehouse', { name: 'Shop floor' }).id;
  const cellar = run('createWarehouse', { name: 'Second-hand', discount: 3000 }).id;

  const purchase = (
    warehouseId: string,
    name: string,
    copies: readonly [index: number, quantity: number][],
  ) => {
    const { id } = run('createInboundNote', { warehouseId, name });
    for (const [index, quantity] of copies) run('addLine', { noteId: id, isbn: isbn(index), quantity });
    return id;
  };
  const sale = (name: string, copies: readonly [index: number, quantity: number][]) => {
    const { id } = run('createOutboundNote', { warehouseId: shop, name });
    for (const [index, quantity] of copies) run('addLine', { noteId: id, isbn: isbn(index), quantity });
    return id;
  };

  const everything = isbns.map((_, index) => [index, 2 + ((index * 7) % 9)] as [number, number]);
  run('commitNote', { id: purchase(shop, 'Opening stock', everything) });
  run('commitNote', {
    id: purchase(
      cellar,
      'House clearance, Mill Lane',
      everything.filter(([index]) => index % 4 === 0),
    ),
  });
  const openPurchase = purchase(shop, 'Central Books, 2 parcels', [
    [2, 5],
    [6, 10],
    [22, 3],
    [35, 4],
  ]);

  const committedSale = sale('Saturday, till 1', [
    [0, 1],
    [6, 2],
    [18, 1],
  ]);
  run('commitNote', { id: committedSale });
  // Sold more often than it came in: a task for somebody.
  run('commitNote', { id: sale('School order, Class 7b', [[28, 25]]), force: true });
  const openSale = sale('Counter', [
    [7, 1],
    [23, 2],
    [39, 1],
  ]);

  const orders = replica.write(() => demoOrders(context, isbn));
  replica.connect();
  await expect.poll(() => replica.state.status, { timeout: 10_000 }).toBe('synced');
  return { isbn: isbn(0), openPurchase, openSale, committedSale, ...orders };
}

/** Commands are synchronous; that they are is lost in the registry too. */
function settled(result: unknown): Exclude<unknown, PromiseLike<unknown>> {
  return result;
}
