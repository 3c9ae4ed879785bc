import * as v from 'valibot';
import { ShopError } from '../errors.ts';
import * as field from '../fields.ts';
import { hasCome, readSupplierOrder, type SupplierOrderHead } from '../orders/supplier-order.ts';
import { defineServerCommand } from './answer-once.ts';
import type { CommandAnswer } from './answers.ts';

export interface CancelledOrder {
  supplierOrderId: string;
  /** Lines that are open again. */
  lines: number;
}

/** How the order is now; its lines, in which customers are named, are not kept with a receipt. */
export interface SupplierOrderNow extends SupplierOrderHead {
  lines: number;
  /** Lines that have come. */
  received: number;
  version: string;
}

/**
 * Cancels an order of which nothing has come. Its lines are open again and it keeps its number. One that is cancelled
 * already is a conflict: whoever decided on it did not know.
 */
export const cancelSupplierOrder = defineServerCommand(
  'supplier-order.cancel',
  v.object({ supplierOrderId: field.id }),
  (
    { db, now },
    { payload: { supplierOrderId }, baseVersion },
  ): CommandAnswer<CancelledOrder, SupplierOrderNow> => {
    const order = readSupplierOrder(db, supplierOrderId);
    if (order === undefined) {
      throw new ShopError('not-found', 'This order does not exist.', {
        kind: 'supplier-order',
        id: supplierOrderId,
      });
    }
    const received = order.lines.filter(hasCome).length;
    if (order.cancelledAt !== null || (baseVersion !== undefined && baseVersion !== order.version)) {
      const message =
        order.cancelledAt === null
          ? 'This order has changed meanwhile. It was not cancelled.'
          : 'This order is cancelled already.';
      return { outcome: 'conflict', message, current: { ...order, lines: order.lines.length, received } };
    }
    if (received > 0) {
      throw new ShopError('order-received', 'Books of this order have come: it cannot be cancelled.', {
        supplierOrderId,
        received,
      });
    }
    db.prepare('UPDATE supplier_order SET cancelled_at = ? WHERE id = ?').run(now(), supplierOrderId);
    const { changes } = db
      .prepare('UPDATE customer_order_line SET placed_in = NULL WHERE placed_in = ?')
      .run(supplierOrderId);
    return { outcome: 'done', result: { supplierOrderId, lines: changes } };
  },
);
