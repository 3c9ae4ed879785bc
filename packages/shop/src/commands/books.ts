import type { Database, SqlValue } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { defineCommand } from '../define.ts';
import { ShopError } from '../errors.ts';
import * as field from '../fields.ts';
import { mergeLinesInto } from '../lines.ts';

/** The fields of a book that a person edits, by the names of their columns. */
const BOOK_COLUMNS = {
  title: 'title',
  authors: 'authors',
  publisher: 'publisher',
  year: 'year',
  price: 'price',
  category: 'category',
  outOfPrint: 'out_of_print',
} as const;

export type BookField = keyof typeof BOOK_COLUMNS;

export const bookInput = v.object({
  isbn: field.isbn,
  title: v.optional(field.text),
  authors: v.optional(field.text),
  publisher: v.optional(field.text),
  year: v.optional(v.nullable(field.year)),
  price: v.optional(v.nullable(field.price)),
  category: v.optional(field.text),
  outOfPrint: v.optional(v.boolean('Say whether it is out of print.')),
});

/**
 * Makes or changes a book. Fields that are absent stay as they are; only fields that differ are written, so saving a
 * form unchanged is no change for anybody, and two people editing different fields never overwrite each other.
 */
export const saveBook = defineCommand(bookInput, ({ db }, { isbn, ...fields }) =>
  writeBook(db, isbn, fields),
);

/** Removes a book that no line mentions. */
export const removeBook = defineCommand(v.object({ isbn: field.isbn }), ({ db }, { isbn }) => {
  requireBook(db, isbn);
  const uses = countLinesOf(db, isbn);
  if (uses > 0) {
    throw new ShopError(
      'in-use',
      `This book is in ${uses === 1 ? 'a note' : `${uses} notes`} and cannot be removed.`,
      {
        kind: 'book',
        id: isbn,
        uses,
      },
    );
  }
  const wanted = countWishesOf(db, isbn);
  if (wanted > 0) {
    throw new ShopError(
      'in-use',
      `This book is on ${wanted === 1 ? 'an order' : `${wanted} orders`} and cannot be removed.`,
      { kind: 'book', id: isbn, uses: wanted },
    );
  }
  deleteBook(db, isbn);
});

/**
 * Gives a book its right ISBN: keys never change, so the right book is made, keeps what it has already and takes the
 * rest from the wrong one, the lines of open and committed notes and of orders are taken along, and the wrong one is deleted.
 */
export const correctIsbn = defineCommand(
  v.object({ from: v.string(), to: field.isbn }),
  (shop, { from, to }) => {
    const { db } = shop;
    requireBook(db, from);
    if (from === to) return;
    const columns = Object.values(BOOK_COLUMNS).join(', ');
    db.prepare(
      `INSERT INTO book (isbn, ${columns}) SELECT ?, ${columns} FROM book WHERE isbn = ?
     ON CONFLICT (isbn) DO NOTHING`,
    ).run(to, from);
    for (const column of Object.values(BOOK_COLUMNS)) {
      db.prepare(
        `UPDATE book SET ${column} = old.value FROM (SELECT ${column} AS value FROM book WHERE isbn = ?) AS old
       WHERE isbn = ? AND book.${column} IS NULL AND old.value IS NOT NULL`,
      ).run(from, to);
    }
    mergeLinesInto(shop, { from, to });
    for (const table of ['customer_order_line', 'supplier_order_line'])
      db.prepare(`UPDATE ${table} SET isbn = ? WHERE isbn = ?`).run(to, from);
    db.prepare(
      `INSERT INTO book_cover (isbn, hash, width, height)
       SELECT ?, hash, width, height FROM book_cover WHERE isbn = ?
       ON CONFLICT (isbn) DO NOTHING`,
    ).run(to, from);
    deleteBook(db, from);
  },
);

function deleteBook(db: Database, isbn: string): void {
  for (const table of ['book_cover', 'book']) db.prepare(`DELETE FROM ${table} WHERE isbn = ?`).run(isbn);
}

/** Inserts the book or updates the fields that differ. Undefined means: leave it. */
export function writeBook(
  db: Database,
  isbn: string,
  fields: { readonly [Field in BookField]?: string | number | boolean | null | undefined },
): { outcome: 'added' | 'updated' | 'unchanged' } {
  const given = bookColumns(fields);
  const names = given.map(([column]) => column);
  const current = readColumns(db, isbn, names);
  if (current === undefined) {
    const marks = names.map(() => ', ?').join('');
    db.prepare(`INSERT INTO book (${['isbn', ...names].join(', ')}) VALUES (?${marks})`).run(
      isbn,
      ...given.map(([, value]) => value),
    );
    return { outcome: 'added' };
  }
  const differing = given.filter(([column, value]) => current[column] !== value);
  if (differing.length === 0) return { outcome: 'unchanged' };
  const settings = differing.map(([column]) => `${column} = ?`).join(', ');
  db.prepare(`UPDATE book SET ${settings} WHERE isbn = ?`).run(...differing.map(([, value]) => value), isbn);
  return { outcome: 'updated' };
}

/** Makes a bare book if there is none: a scanned book is real even when nobody has typed its title yet. */
export function ensureBook(db: Database, isbn: string): void {
  db.prepare('INSERT INTO book (isbn) VALUES (?) ON CONFLICT (isbn) DO NOTHING').run(isbn);
}

function bookColumns(fields: Parameters<typeof writeBook>[2]): [column: string, value: SqlValue][] {
  const columns: [string, SqlValue][] = [];
  for (const [name, column] of Object.entries(BOOK_COLUMNS)) {
    const value = fields[name as BookField];
    if (value !== undefined) columns.push([column, typeof value === 'boolean' ? Number(value) : value]);
  }
  return columns;
}

function readColumns(db: Database, isbn: string, columns: string[]): Record<string, SqlValue> | undefined {
  return db.prepare(`SELECT ${['isbn', ...columns].join(', ')} FROM book WHERE isbn = ?`).get(isbn);
}

function requireBook(db: Database, isbn: string): void {
  if (db.prepare('SELECT 1 FROM book WHERE isbn = ?').get(isbn) !== undefined) return;
  throw new ShopError('not-found', `There is no book ${isbn} any more.`, { kind: 'book', id: isbn });
}

function countLinesOf(db: Database, isbn: string): number {
  return (
    db
      .prepare<{ n: number }>('SELECT count(DISTINCT note_id) AS n FROM line WHERE isbn = ? AND quantity > 0')
      .get(isbn)?.n ?? 0
  );
}

/** Wishes that are not done; those that were collected or taken back are history. */
function countWishesOf(db: Database, isbn: string): number {
  return (
    db
      .prepare<{ n: number }>(
        'SELECT count(*) AS n FROM order_line WHERE isbn = ? AND removed_at IS NULL AND collected_at IS NULL',
      )
      .get(isbn)?.n ?? 0
  );
}
