import type { Database, SqlValue } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { defineQuery } from '../define.ts';
import * as field from '../fields.ts';
import { matchingIsbns } from '../search/search.ts';
import { stockSql } from '../stock-sql.ts';
import { paging, searchText } from './paging.ts';

export interface StockRow {
  isbn: string;
  title: string | null;
  authors: string | null;
  publisher: string | null;
  price: number | null;
  warehouseId: string;
  warehouseName: string | null;
  /** Negative when more was sold than came in: a task for somebody. */
  quantity: number;
}

const filter = { warehouseId: v.optional(field.id), text: searchText };

/** What is in stock, book by book and warehouse by warehouse; nothing at 0. */
export const stock = defineQuery(v.object({ ...filter, ...paging }), (db, args): StockRow[] => {
  const { from, params } = stockSource(db, args);
  return db
    .prepare<StockRow>(
      `SELECT stock.isbn, book.title, book.authors, book.publisher, book.price,
         stock.warehouse_id AS warehouseId, warehouse.name AS warehouseName, stock.quantity
       FROM ${from}
       ORDER BY book.title COLLATE NOCASE, stock.isbn, warehouse.name COLLATE NOCASE LIMIT ? OFFSET ?`,
    )
    .all(...params, args.limit, args.offset);
});

/** How many rows `stock` has. */
export const countStock = defineQuery(v.object(filter), (db, args): number => {
  const { from, params } = stockSource(db, args);
  return db.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${from}`).get(...params)?.n ?? 0;
});

function stockSource(
  db: Database,
  { warehouseId, text }: { warehouseId?: string | undefined; text: string },
): { from: string; params: SqlValue[] } {
  const found = matchingIsbns(db, text);
  const conditions: string[] = [];
  const params: SqlValue[] = [];
  if (warehouseId !== undefined) {
    conditions.push('warehouse_id = ?');
    params.push(warehouseId);
  }
  if (found !== undefined) {
    conditions.push(`isbn IN (${found.sql})`);
    params.push(...found.params);
  }
  const source = stockSql(conditions.length === 0 ? undefined : conditions.join(' AND '));
  // Without a text, stock of a book that was removed meanwhile still shows, under its ISBN.
  return {
    from: `${source} AS stock
      LEFT JOIN book ON book.isbn = stock.isbn
      LEFT JOIN warehouse ON warehouse.id = stock.warehouse_id
      WHERE stock.quantity <> 0`,
    params,
  };
}
