import type { Database } from '@octavo/crsqlite/database.ts';
import { publisherKeySql } from './publisher-key.ts';
import { versionOf } from './version.ts';

/**
 * What is wanted and nobody has ordered yet, with the supplier that serves the book's publisher ('' where there is
 * none). A line whose customer was removed is not ordered: somebody has to look at it first.
 */
export const OPEN_LINES = `(
  SELECT line.id, line.customer_id, line.isbn, line.quantity, line.created_at,
    coalesce(supplier.id, '') AS supplier_id
  FROM order_line AS line
    LEFT JOIN book ON book.isbn = line.isbn
    LEFT JOIN supplier_publisher ON supplier_publisher.publisher = ${publisherKeySql('book.publisher')}
    LEFT JOIN supplier ON supplier.id = supplier_publisher.supplier_id
  WHERE line.removed_at IS NULL AND line.received_at IS NULL AND line.collected_at IS NULL
    AND line.state = 'pending' AND line.quantity > 0
    AND (line.customer_id = '' OR EXISTS (SELECT 1 FROM customer WHERE customer.id = line.customer_id))
)`;

export interface OpenLine {
  id: string;
  /** '' for the shelf. */
  customerId: string;
  isbn: string;
  quantity: number;
}

/** The open lines of one supplier, oldest first. */
export function openLinesOf(db: Database, supplierId: string): OpenLine[] {
  return db
    .prepare<OpenLine>(
      `SELECT id, customer_id AS customerId, isbn, quantity FROM ${OPEN_LINES}
       WHERE supplier_id = ? ORDER BY created_at, id`,
    )
    .all(supplierId);
}

/** What an order of these lines is decided on: the same on every replica that has the same lines. */
export function openLinesVersion(lines: readonly Pick<OpenLine, 'id' | 'isbn' | 'quantity'>[]): string {
  return versionOf(lines.map(({ id, isbn, quantity }) => [id, isbn, quantity]));
}
