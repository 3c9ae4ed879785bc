import { expect } from '@playwright/test';
import { shopCommands as commands } from '@octavo/shop/commands/registry.ts';
import { createShopContext } from '@octavo/shop/context.ts';
import { checkDigit10, isbn10To13 } from '@octavo/shop/isbn.ts';
import { demoBooks } from './demo-books.ts';
import { NodeReplica } from './node-replica.ts';
import type { ServerProcess } from './server-process.ts';

/** A supplier of whom one book is wanted. */
export interface NeededFrom {
  supplierId: string;
  /** "Supplier 01", so that names are in the order in which they are listed. */
  supplier: string;
  isbn: string;
}

/** A shop with so many suppliers, each of whom is to be asked for two copies of one book. */
export async function fillWithNeeds(server: ServerProcess, suppliers: number): Promise<NeededFrom[]> {
  using replica = await NodeReplica.open(server.url);
  const context = createShopContext(replica.database, Date.now);
  const needs = replica.write(() => {
    const customer = commands.createCustomer.run(context, { name: 'Ada Lovelace' }).id;
    return demoBooks.slice(0, suppliers).map(([body, title], index) => {
      const supplier = `Supplier ${String(index + 1).padStart(2, '0')}`;
      const publisher = `Publisher ${index + 1}`;
      const isbn = isbn10To13(body + checkDigit10(body));
      commands.saveBook.run(context, { isbn, title, publisher, price: 1290 });
      const supplierId = commands.createSupplier.run(context, { name: supplier }).id;
      commands.assignPublisher.run(context, { name: publisher, supplierId });
      commands.addOrderLine.run(context, { customerId: customer, isbn, quantity: 2 });
      return { supplierId, supplier, isbn };
    });
  });
  replica.connect();
  await expect.poll(() => replica.state.status, { timeout: 10_000 }).toBe('synced');
  return needs;
}
