import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { defineCommand } from '../define.ts';
import * as field from '../fields.ts';

/** One transaction stays short enough for other work to come between two of them. */
const MAX_BOOKS = 500;

const importedBook = v.object({
  isbn: field.isbn,
  title: field.text,
  authors: field.text,
  publisher: field.text,
  year: v.nullable(field.year),
  price: v.nullable(field.price),
  category: field.text,
});

type ImportedBook = v.InferOutput<typeof importedBook>;

const FIELDS = ['title', 'authors', 'publisher', 'year', 'price', 'category'] as const;

export interface ImportBooksResult {
  added: number;
  updated: number;
  unchanged: number;
}

/**
 * Saves recognised books, in one transaction: new ones are inserted; of known ones the fields that differ are written,
 * and an empty field never overwrites. Equal books are not touched at all, so importing a file again changes nothing
 * and sends nothing.
 */
export const importBooks = defineCommand(
  v.object({
    books: v.pipe(v.array(importedBook), v.maxLength(MAX_BOOKS, `At most ${MAX_BOOKS} books at a time.`)),
  }),
  ({ db }, { books }): ImportBooksResult => {
    const result: ImportBooksResult = { added: 0, updated: 0, unchanged: 0 };
    for (const book of books) result[importBook(db, book)] += 1;
    return result;
  },
);

function importBook(db: Database, book: ImportedBook): keyof ImportBooksResult {
  const known = db
    .prepare<Pick<ImportedBook, (typeof FIELDS)[number]>>(
      `SELECT ${FIELDS.join(', ')} FROM book WHERE isbn = ?`,
    )
    .get(book.isbn);
  if (known === undefined) {
    db.prepare(
      'INSERT INTO book (isbn, title, authors, publisher, year, price, category) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ).run(book.isbn, ...FIELDS.map((name) => book[name]));
    return 'added';
  }
  const differing = FIELDS.filter((name) => book[name] !== null && book[name] !== known[name]);
  if (differing.length === 0) return 'unchanged';
  db.prepare(`UPDATE book SET ${differing.map((name) => `${name} = ?`).join(', ')} WHERE isbn = ?`).run(
    ...differing.map((name) => book[name]),
    book.isbn,
  );
  return 'updated';
}
