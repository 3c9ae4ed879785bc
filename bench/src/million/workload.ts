import type { Database } from '@octavo/crsqlite/database.ts';

/** A book has this many cells besides its key, and each is a change. */
export const CHANGES_PER_BOOK = 7;

export const isbnOf = (index: number): string => String(9_790_000_000_000 + index);

/** Inserts made-up books whose texts are as long as those of real ones. */
export function writeBooks(database: Database, first: number, count: number): void {
  const insert = database.prepare(
    'INSERT INTO book (isbn, title, authors, publisher, year, price, category) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  for (let index = first; index < first + count; index += 1) {
    insert.run(
      isbnOf(index),
      `The long way to house number ${index}`,
      `Ada Okafor ${index % 9_000}, Łukasz Weiß`,
      `Publisher ${index % 50}`,
      1950 + (index % 70),
      500 + (index % 3_000),
      `Category ${index % 30}`,
    );
  }
}
