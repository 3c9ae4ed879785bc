import * as v from 'valibot';
import { defineQuery } from '../define.ts';
import * as field from '../fields.ts';
import { SORT_FIELDS, countMatching, listMatching } from '../search/search.ts';
import { stockSql } from '../stock-sql.ts';
import type { Book, BookRow } from './book-row.ts';
import { BOOK_COLUMNS, toBook } from './book-row.ts';
import { paging, searchText } from './paging.ts';

export interface BookDetail extends Book {
  /** Warehouses that have copies, or owe some (a negative quantity). */
  stock: WarehouseStock[];
  /** What the server knows its cover by: SHA-256, hexadecimal. */
  cover: string | null;
}

export interface WarehouseStock {
  warehouseId: string;
  warehouseName: string | null;
  quantity: number;
}

const sortInput = v.object({ by: v.picklist(SORT_FIELDS), descending: v.optional(v.boolean(), false) });

/** The books that match a text; all of them without one. A committed book is never missing. */
export const searchBooks = defineQuery(
  v.object({ text: searchText, ...paging, sort: v.optional(sortInput, { by: 'relevance' }) }),
  (db, page): Book[] => listMatching(db, page).map(toBook),
);

/** How many books match a text. */
export const countBooks = defineQuery(v.object({ text: searchText }), (db, { text }): number =>
  countMatching(db, text),
);

/** One book with its stock, or null. */
export const book = defineQuery(v.object({ isbn: field.id }), (db, { isbn }): BookDetail | null => {
  const row = db
    .prepare<BookRow & { cover: string | null }>(
      `SELECT ${BOOK_COLUMNS}, book_cover.hash AS cover
       FROM book LEFT JOIN book_cover ON book_cover.isbn = book.isbn WHERE book.isbn = ?`,
    )
    .get(isbn);
  if (row === undefined) return null;
  const stock = db
    .prepare<WarehouseStock>(
      `SELECT stock.warehouse_id AS warehouseId, warehouse.name AS warehouseName, stock.quantity
       FROM ${stockSql('isbn = ?')} AS stock LEFT JOIN warehouse ON warehouse.id = stock.warehouse_id
       WHERE stock.quantity <> 0 ORDER BY warehouse.name COLLATE NOCASE`,
    )
    .all(isbn);
  return { ...toBook(row), cover: row.cover, stock };
});
