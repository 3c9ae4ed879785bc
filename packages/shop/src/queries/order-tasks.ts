import * as v from 'valibot';
import { defineQuery } from '../define.ts';

/** Something about orders that merged lawfully and still needs a person. */
export interface OrderTask {
  what:
    /** A book was ordered for a customer who was removed elsewhere at the same time. */
    | 'customer-removed'
    /** A wish was taken back while the book was being ordered: it comes, for nobody. */
    | 'wish-removed'
    /** The wish was changed to another number of copies while it was being ordered. */
    | 'quantity-differs'
    /** Two orders that both stand have the same line. */
    | 'ordered-twice'
    /** Two orders have the same number: a server was restored from an older copy. */
    | 'number-given-twice';
  /** Of the line or the order, to tell tasks apart. */
  id: string;
  isbn: string | null;
  title: string | null;
  customerId: string | null;
  customerName: string | null;
  /** The supplier's order it is about, the newest of several. */
  orderId: string | null;
  year: number | null;
  number: number | null;
  quantity: number | null;
}

const STANDING = `SELECT line.customer_order_line_id AS id, max(line.supplier_order_id) AS order_id,
    count(*) AS orders, sum(line.quantity) AS quantity
  FROM supplier_order_line AS line JOIN supplier_order ON supplier_order.id = line.supplier_order_id
  WHERE supplier_order.cancelled_at IS NULL AND line.customer_order_line_id IN (
    SELECT id FROM customer_order_line WHERE received_at IS NULL AND collected_at IS NULL
  )
  GROUP BY line.customer_order_line_id`;

/** Each line shows up once, with what weighs most. */
export const ORDER_TASKS = `
  SELECT CASE
      WHEN standing.orders > 1 THEN 'ordered-twice'
      WHEN line.removed_at IS NOT NULL THEN 'wish-removed'
      WHEN line.quantity <> standing.quantity THEN 'quantity-differs'
    END AS what, line.id, line.isbn, line.customer_id, standing.order_id, line.quantity
  FROM (${STANDING}) AS standing JOIN customer_order_line AS line ON line.id = standing.id
  WHERE standing.orders > 1 OR line.removed_at IS NOT NULL OR line.quantity <> standing.quantity
  UNION ALL
  SELECT 'customer-removed', id, isbn, customer_id, NULL, quantity FROM order_line
  WHERE removed_at IS NULL AND collected_at IS NULL AND customer_id <> ''
    AND customer_id NOT IN (SELECT id FROM customer)
  UNION ALL
  SELECT 'number-given-twice', min(id), NULL, NULL, min(id), NULL FROM supplier_order
  WHERE number IS NOT NULL GROUP BY year, number HAVING count(*) > 1`;

/** What about orders needs a person. */
export const orderTasks = defineQuery(v.object({}), (db): OrderTask[] =>
  db
    .prepare<OrderTask>(
      `SELECT task.what, task.id, task.isbn, book.title, task.customer_id AS customerId,
         customer.name AS customerName, task.order_id AS orderId, supplier_order.year, supplier_order.number,
         task.quantity
       FROM (${ORDER_TASKS}) AS task
         LEFT JOIN book ON book.isbn = task.isbn
         LEFT JOIN customer ON customer.id = task.customer_id
         LEFT JOIN supplier_order ON supplier_order.id = task.order_id
       ORDER BY task.what, book.title COLLATE NOCASE, task.id`,
    )
    .all(),
);
