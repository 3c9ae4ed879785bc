import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { defineQuery } from '../define.ts';
import * as field from '../fields.ts';
import type { OrderLineState } from '../orders/order-state.ts';
import { foldedWords } from '../search/fold.ts';
import { stockSql } from '../stock-sql.ts';
import { paging, searchText } from './paging.ts';

export interface CustomerRow {
  id: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  /** Copies that nobody has ordered yet. */
  pending: number;
  placed: number;
  /** Copies that lie ready. */
  received: number;
}

export interface CustomerLine {
  id: string;
  isbn: string;
  title: string | null;
  authors: string | null;
  quantity: number;
  createdAt: number | null;
  state: OrderLineState;
  receivedAt: number | null;
  collectedAt: number | null;
  /** The supplier's order it was placed in; null while there is none that stands. */
  order: { id: string; year: number | null; number: number | null; supplierName: string | null } | null;
  /** Copies of the book in all warehouses. */
  inStock: number;
}

export interface CustomerDetail {
  id: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  note: string | null;
  createdAt: number | null;
  /** Newest first; those that are done at the end. */
  lines: CustomerLine[];
}

/** The customers that match a text, by name; all of them without one. */
export const searchCustomers = defineQuery(
  v.object({ text: searchText, ...paging }),
  (db, { text, offset, limit }): CustomerRow[] => {
    const ids = matchingIds(db, text);
    const page =
      ids === undefined
        ? 'SELECT id FROM customer ORDER BY name COLLATE NOCASE, id LIMIT ?1 OFFSET ?2'
        : 'SELECT value AS id FROM json_each(?1)';
    return db
      .prepare<CustomerRow>(
        `WITH page AS MATERIALIZED (${page})
         SELECT customer.id, customer.name, customer.email, customer.phone,
           coalesce(sum(line.quantity) FILTER (WHERE line.state = 'pending'), 0) AS pending,
           coalesce(sum(line.quantity) FILTER (WHERE line.state = 'placed'), 0) AS placed,
           coalesce(sum(line.quantity) FILTER (WHERE line.state = 'received'), 0) AS received
         FROM page CROSS JOIN customer ON customer.id = page.id
           LEFT JOIN order_line AS line ON line.customer_id = customer.id AND line.removed_at IS NULL
         GROUP BY customer.id
         ORDER BY customer.name COLLATE NOCASE, customer.id`,
      )
      .all(...(ids === undefined ? [limit, offset] : [JSON.stringify(ids.slice(offset, offset + limit))]));
  },
);

/** How many customers match a text. */
export const countCustomers = defineQuery(
  v.object({ text: searchText }),
  (db, { text }): number =>
    matchingIds(db, text)?.length ??
    db.prepare<{ n: number }>('SELECT count(*) AS n FROM customer').get()?.n ??
    0,
);

/** One customer with what was ordered, or null. */
export const customer = defineQuery(v.object({ id: field.id }), (db, { id }): CustomerDetail | null => {
  const row = db
    .prepare<Omit<CustomerDetail, 'lines'>>(
      'SELECT id, name, email, phone, note, created_at AS createdAt FROM customer WHERE id = ?',
    )
    .get(id);
  return row === undefined ? null : { ...row, lines: linesOfCustomer(db, id) };
});

/** What the shop has ordered for its own shelf and does not have yet. */
export const shelfLines = defineQuery(v.object({}), (db): CustomerLine[] =>
  linesOfCustomer(db, '').filter(({ state }) => state === 'pending' || state === 'placed'),
);

type LineRow = Omit<CustomerLine, 'order'> & {
  orderId: string | null;
  year: number | null;
  number: number | null;
  supplierName: string | null;
};

function linesOfCustomer(db: Database, customerId: string): CustomerLine[] {
  const stock = stockSql('isbn IN (SELECT isbn FROM customer_order_line WHERE customer_id = ?1)');
  return db
    .prepare<LineRow>(
      `WITH stock AS MATERIALIZED (SELECT isbn, sum(quantity) AS quantity FROM ${stock} GROUP BY isbn)
       SELECT line.id, line.isbn, book.title, book.authors, line.quantity, line.created_at AS createdAt, line.state,
         line.received_at AS receivedAt, line.collected_at AS collectedAt, supplier_order.id AS orderId,
         supplier_order.year, supplier_order.number, supplier_order.supplier_name AS supplierName,
         coalesce(stock.quantity, 0) AS inStock
       FROM order_line AS line
         LEFT JOIN book ON book.isbn = line.isbn
         LEFT JOIN supplier_order ON supplier_order.id = line.placed_in AND supplier_order.cancelled_at IS NULL
         LEFT JOIN stock ON stock.isbn = line.isbn
       WHERE line.customer_id = ?1 AND line.removed_at IS NULL
       ORDER BY line.collected_at IS NOT NULL, line.created_at DESC, line.id DESC`,
    )
    .all(customerId)
    .map(({ orderId, year, number, supplierName, ...line }) => ({
      ...line,
      order: orderId === null ? null : { id: orderId, year, number, supplierName },
    }));
}

/**
 * The customers of whom each word of the text is the beginning of a word of name, address or number, by name; undefined
 * without a text. They are compared one by one: a shop has thousands of customers, not millions.
 */
function matchingIds(db: Database, text: string): string[] | undefined {
  const words = foldedWords(text);
  if (words.length === 0) return undefined;
  return db
    .prepare<{ id: string; name: string | null; email: string | null; phone: string | null }>(
      'SELECT id, name, email, phone FROM customer ORDER BY name COLLATE NOCASE, id',
    )
    .all()
    .filter(({ name, email, phone }) => {
      const digits = phone?.replace(/\D/gu, '') ?? '';
      const found = foldedWords([name, email, phone, digits].join(' '));
      return words.every((word) => found.some((other) => other.startsWith(word)));
    })
    .map(({ id }) => id);
}
