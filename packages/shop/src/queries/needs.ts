import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { defineQuery } from '../define.ts';
import * as field from '../fields.ts';
import { OPEN_LINES, openLinesVersion } from '../orders/open-lines.ts';
import { stockSql } from '../stock-sql.ts';

/** One book that is wanted, of all who want it. */
export interface NeededBook {
  isbn: string;
  title: string | null;
  publisher: string | null;
  /** Minor units; null is not known. */
  price: number | null;
  quantity: number;
  /** How many of them are for customers; the others are for the shelf. */
  forCustomers: number;
  /** Copies in all warehouses. */
  inStock: number;
}

/** What one supplier is to be asked for. */
export interface SupplierNeeds {
  /** '' for books whose publisher nobody serves. */
  supplierId: string;
  supplierName: string | null;
  copies: number;
  /** At the books' present prices, in minor units; books without a price count nothing. */
  amount: number;
  books: NeededBook[];
  /** What somebody sees who decides to order this: goes with the command. */
  version: string;
}

/** What is to be ordered, supplier by supplier; of one supplier where one is named. What nobody serves comes last. */
export const needs = defineQuery(
  v.object({ supplierId: v.optional(field.optionalId) }),
  (db, { supplierId }): SupplierNeeds[] => needsOf(db, supplierId),
);

interface NeedRow {
  id: string;
  customerId: string;
  isbn: string;
  quantity: number;
  supplierId: string;
  supplierName: string | null;
  title: string | null;
  publisher: string | null;
  price: number | null;
  inStock: number;
}

function needsOf(db: Database, supplierId: string | undefined): SupplierNeeds[] {
  const rows = db
    .prepare<NeedRow>(
      `WITH open AS MATERIALIZED (SELECT * FROM ${OPEN_LINES} WHERE ?1 IS NULL OR supplier_id = ?1),
         stock AS MATERIALIZED (
           SELECT isbn, sum(quantity) AS quantity FROM ${stockSql('isbn IN (SELECT isbn FROM open)')} GROUP BY isbn
         )
       SELECT open.id, open.customer_id AS customerId, open.isbn, open.quantity, open.supplier_id AS supplierId,
         supplier.name AS supplierName, book.title, book.publisher, book.price,
         coalesce(stock.quantity, 0) AS inStock
       FROM open
         LEFT JOIN supplier ON supplier.id = open.supplier_id
         LEFT JOIN book ON book.isbn = open.isbn
         LEFT JOIN stock ON stock.isbn = open.isbn
       ORDER BY open.supplier_id = '', supplier.name COLLATE NOCASE, open.supplier_id,
         book.title COLLATE NOCASE, open.isbn, open.created_at, open.id`,
    )
    .all(supplierId ?? null);
  return [...Map.groupBy(rows, (row) => row.supplierId).values()].map(toNeeds);
}

function toNeeds(rows: NeedRow[]): SupplierNeeds {
  const books = [...Map.groupBy(rows, ({ isbn }) => isbn).values()].flatMap(toBook);
  return {
    supplierId: rows[0]?.supplierId ?? '',
    supplierName: rows[0]?.supplierName ?? null,
    copies: books.reduce((sum, { quantity }) => sum + quantity, 0),
    amount: books.reduce((sum, { quantity, price }) => sum + quantity * (price ?? 0), 0),
    books,
    version: openLinesVersion(rows),
  };
}

function toBook(rows: NeedRow[]): NeededBook[] {
  const [first] = rows;
  if (first === undefined) return [];
  const { isbn, title, publisher, price, inStock } = first;
  const copies = (lines: NeedRow[]) => lines.reduce((sum, line) => sum + line.quantity, 0);
  const forCustomers = copies(rows.filter(({ customerId }) => customerId !== ''));
  return [{ isbn, title, publisher, price, quantity: copies(rows), forCustomers, inStock }];
}
