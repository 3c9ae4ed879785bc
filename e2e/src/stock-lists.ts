import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerProcess } from './server-process.ts';
import { messyStockList } from '../../packages/shop/test/messy-stock-list.ts';

export interface StockListFile {
  path: string;
  rows: number;
  /** Rows that hold a book. */
  good: number;
  /** Rows that must be refused. */
  refused: number;
}

/** Writes a made-up stock list with every kind of mess that real ones have; the same for the same seed. */
export async function writeStockList(
  folder: string,
  { rows, seed = 1 }: { rows: number; seed?: number },
): Promise<StockListFile> {
  const { csv, good, refused } = messyStockList({ rows, seed });
  const path = join(folder, `stock-${rows}-${seed}.csv`);
  await writeFile(path, csv);
  return { path, rows, good, refused };
}

/** Puts made-up books into a server's shop: "Book 1," by "Author 1", and so on. */
export async function fillWithBooks(
  server: ServerProcess,
  count: number,
  { perTransaction = count } = {},
): Promise<void> {
  for (let first = 1; first <= count; first += perTransaction) {
    await server.exec(
      `WITH RECURSIVE number(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM number WHERE n < ?2)
       INSERT INTO book (isbn, title, authors, publisher, year, price)
       SELECT CAST(9790000000000 + n AS TEXT), 'Book ' || n || ',', 'Author ' || n, 'Publisher ' || (n % 50),
         1950 + n % 70, 500 + n % 3000
       FROM number`,
      [first, Math.min(count, first + perTransaction - 1)],
    );
  }
}
