import type { Database } from '@octavo/crsqlite/database.ts';
import type { OrderLineState } from './order-state.ts';
import { versionOf } from './version.ts';

export interface SupplierOrderLine {
  /** Of the customer's order line. */
  id: string;
  isbn: string | null;
  /** As ordered. */
  quantity: number;
  /** As it was when the order was placed, minor units. */
  price: number | null;
  /** '' for the shelf; null when the line is gone. */
  customerId: string | null;
  customerName: string | null;
  /** Of the customer's line: null when it is gone. */
  state: OrderLineState | null;
  /** Whether the customer took the wish back. */
  removed: boolean;
  title: string | null;
  authors: string | null;
}

export interface SupplierOrderHead {
  id: string;
  supplierId: string;
  /** As it was called when the order was placed. */
  supplierName: string | null;
  year: number | null;
  number: number | null;
  placedAt: number | null;
  /** Null while the order stands. */
  cancelledAt: number | null;
}

export interface SupplierOrderDetail extends SupplierOrderHead {
  lines: SupplierOrderLine[];
  /** What somebody sees who decides to cancel it: goes with the command. */
  version: string;
}

export const ORDER_HEAD = `supplier_order.id, supplier_order.supplier_id AS supplierId,
  supplier_order.supplier_name AS supplierName, supplier_order.year, supplier_order.number,
  supplier_order.placed_at AS placedAt, supplier_order.cancelled_at AS cancelledAt`;

/** One order with its lines, or undefined. */
export function readSupplierOrder(db: Database, id: string): SupplierOrderDetail | undefined {
  const head = db.prepare<SupplierOrderHead>(`SELECT ${ORDER_HEAD} FROM supplier_order WHERE id = ?`).get(id);
  if (head === undefined) return undefined;
  const lines = db
    .prepare<Omit<SupplierOrderLine, 'removed'> & { removed: number }>(
      `SELECT line.customer_order_line_id AS id, line.isbn, line.quantity, line.price,
         need.customer_id AS customerId, customer.name AS customerName, need.state,
         need.removed_at IS NOT NULL AS removed, book.title, book.authors
       FROM supplier_order_line AS line
         LEFT JOIN order_line AS need ON need.id = line.customer_order_line_id
         LEFT JOIN customer ON customer.id = need.customer_id
         LEFT JOIN book ON book.isbn = line.isbn
       WHERE line.supplier_order_id = ?
       ORDER BY book.title COLLATE NOCASE, line.isbn, need.created_at, line.customer_order_line_id`,
    )
    .all(id)
    .map((line) => ({ ...line, removed: line.removed === 1 }));
  return { ...head, lines, version: versionOfOrder(head, lines) };
}

/** Whether the copies of a line have come. */
export function hasCome({ state }: Pick<SupplierOrderLine, 'state'>): boolean {
  return state === 'received' || state === 'collected';
}

function versionOfOrder({ id, cancelledAt }: SupplierOrderHead, lines: readonly SupplierOrderLine[]): string {
  return versionOf([
    [id, cancelledAt],
    ...lines.map((line) => [line.id, line.isbn, line.quantity, hasCome(line) ? 1 : 0]),
  ]);
}
