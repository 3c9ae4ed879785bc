import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { requireSupplier } from '../commands/suppliers.ts';
import { ShopError } from '../errors.ts';
import * as field from '../fields.ts';
import { type OpenLine, openLinesOf, openLinesVersion } from '../orders/open-lines.ts';
import { readSupplierOrder } from '../orders/supplier-order.ts';
import { defineServerCommand } from './answer-once.ts';
import type { CommandAnswer } from './answers.ts';

export interface PlacedOrder {
  supplierOrderId: string;
  year: number;
  number: number;
  lines: number;
  copies: number;
}

/** What is open now, in numbers: the lines themselves are replicated rows, which whoever reads the answer has. */
export interface OpenLinesNow {
  supplierId: string;
  lines: number;
  copies: number;
  version: string;
}

/**
 * Orders all that is open from one supplier: gathers its lines into an order with the next number of the year. The
 * order's id is the command's, so that a server that has lost its receipt, or never had it, cannot place it twice.
 */
export const placeSupplierOrder = defineServerCommand(
  'supplier-order.place',
  v.object({ supplierId: field.id }),
  (shop, { id, payload: { supplierId }, baseVersion }): CommandAnswer<PlacedOrder, OpenLinesNow> => {
    const { db } = shop;
    const placed = placedBefore(db, id);
    if (placed !== undefined) return { outcome: 'done', result: placed };
    const { name } = requireSupplier(db, supplierId);
    const lines = openLinesOf(db, supplierId);
    const version = openLinesVersion(lines);
    if (baseVersion !== undefined && baseVersion !== version) {
      const message = 'What is to be ordered from this supplier has changed meanwhile. Nothing was ordered.';
      return { outcome: 'conflict', message, current: { supplierId, ...sums(lines), version } };
    }
    if (lines.length === 0) {
      throw new ShopError('nothing-to-order', 'There is nothing to order from this supplier.', {
        supplierId,
      });
    }
    const now = shop.now();
    const year = yearOf(now, shop.timeZone);
    const number = nextNumber(db, year);
    db.prepare(
      `INSERT INTO supplier_order (id, supplier_id, supplier_name, year, number, placed_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ).run(id, supplierId, name, year, number, now);
    for (const line of lines) placeLine(db, id, line);
    return { outcome: 'done', result: { supplierOrderId: id, year, number, ...sums(lines) } };
  },
);

function placeLine(db: Database, orderId: string, { id, isbn, quantity }: OpenLine): void {
  db.prepare(
    `INSERT INTO supplier_order_line (supplier_order_id, customer_order_line_id, isbn, quantity, price)
     VALUES (?1, ?2, ?3, ?4, (SELECT price FROM book WHERE isbn = ?3))`,
  ).run(orderId, id, isbn, quantity);
  db.prepare('UPDATE customer_order_line SET placed_in = ? WHERE id = ?').run(orderId, id);
}

/** Cancelled orders keep their numbers, so that each year's are without a gap. */
function nextNumber(db: Database, year: number): number {
  const row = db
    .prepare<{ last: number | null }>('SELECT max(number) AS last FROM supplier_order WHERE year = ?')
    .get(year);
  return (row?.last ?? 0) + 1;
}

function placedBefore(db: Database, id: string): PlacedOrder | undefined {
  const order = readSupplierOrder(db, id);
  if (order === undefined) return undefined;
  const { year, number, lines } = order;
  return { supplierOrderId: id, year: year ?? 0, number: number ?? 0, ...sums(lines) };
}

function sums(lines: readonly { quantity: number }[]): { lines: number; copies: number } {
  return { lines: lines.length, copies: lines.reduce((sum, { quantity }) => sum + quantity, 0) };
}

/** The year that it is in the shop. */
function yearOf(time: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', calendar: 'gregory' });
  return Number(parts.format(time));
}
