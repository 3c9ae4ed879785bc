import { readFile } from 'node:fs/promises';
import { openMemory } from '@octavo/crsqlite/memory.ts';
import { importBooks } from '@octavo/shop/commands/import-books.ts';
import { createShopContext } from '@octavo/shop/context.ts';
import { openStockList } from '@octavo/shop/import/stock-list.ts';
import { schema } from '@octavo/shop/schema.ts';
import { Replica } from '@octavo/sync/replica.ts';
import { messyStockList } from '../../../packages/shop/test/messy-stock-list.ts';
import { clock, random } from '../surroundings.ts';

const MADE_UP_ROWS = 10_000;

/** The bytes of a stock list: of the file given, else of a made-up one. */
export async function stockListBytes(path: string | undefined): Promise<Uint8Array> {
  if (path !== undefined) return readFile(path);
  return new TextEncoder().encode(messyStockList({ rows: MADE_UP_ROWS, seed: 1 }).csv);
}

/** A new, empty replica of a shop, in memory. */
export async function emptyShop(): Promise<Replica> {
  const database = await openMemory();
  return Replica.open(database, { schema, clock, random });
}

/** Saves the books of a list as the import screen does, a slice in a transaction. Returns how many. */
export function importInto(replica: Replica, list: Uint8Array): number {
  const shop = createShopContext(replica.database, () => clock.wall());
  const opened = openStockList(list);
  let saved = 0;
  for (const { books } of opened.read(opened.mapping)) {
    replica.write(() => importBooks.run(shop, { books: books.map(({ book }) => book) }));
    saved += books.length;
  }
  return saved;
}
