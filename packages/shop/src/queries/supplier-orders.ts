import * as v from 'valibot';
import { defineQuery } from '../define.ts';
import * as field from '../fields.ts';
import {
  ORDER_HEAD,
  readSupplierOrder,
  type SupplierOrderDetail,
  type SupplierOrderHead,
} from '../orders/supplier-order.ts';
import { paging } from './paging.ts';

export interface SupplierOrderRow extends SupplierOrderHead {
  titles: number;
  copies: number;
  /** Copies that have come. */
  received: number;
}

const filter = { supplierId: v.optional(field.id) };

/** Orders that were placed, newest first, with how much of them has come. */
export const supplierOrders = defineQuery(
  v.object({ ...filter, ...paging }),
  (db, { supplierId, offset, limit }): SupplierOrderRow[] =>
    db
      .prepare<SupplierOrderRow>(
        `WITH page AS MATERIALIZED (
           SELECT id FROM supplier_order WHERE ?1 IS NULL OR supplier_id = ?1
           ORDER BY year DESC, number DESC, id LIMIT ?2 OFFSET ?3
         )
         SELECT ${ORDER_HEAD}, count(DISTINCT line.isbn) AS titles, coalesce(sum(line.quantity), 0) AS copies,
           coalesce(sum(line.quantity) FILTER (
             WHERE need.received_at IS NOT NULL OR need.collected_at IS NOT NULL
           ), 0) AS received
         FROM page CROSS JOIN supplier_order ON supplier_order.id = page.id
           LEFT JOIN supplier_order_line AS line ON line.supplier_order_id = supplier_order.id
           LEFT JOIN customer_order_line AS need ON need.id = line.customer_order_line_id
         GROUP BY supplier_order.id
         ORDER BY supplier_order.year DESC, supplier_order.number DESC, supplier_order.id`,
      )
      .all(supplierId ?? null, limit, offset),
);

/** How many orders were placed. */
export const countSupplierOrders = defineQuery(
  v.object(filter),
  (db, { supplierId }): number =>
    db
      .prepare<{ n: number }>('SELECT count(*) AS n FROM supplier_order WHERE ?1 IS NULL OR supplier_id = ?1')
      .get(supplierId ?? null)?.n ?? 0,
);

/** One order with its lines, or null. */
export const supplierOrder = defineQuery(
  v.object({ id: field.id }),
  (db, { id }): SupplierOrderDetail | null => readSupplierOrder(db, id) ?? null,
);
