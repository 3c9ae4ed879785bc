import type { ShopContext } from '../context.ts';
import * as v from 'valibot';
import { defineCommand } from '../define.ts';
import * as field from '../fields.ts';
import { type OrderLineState, requireOrderLine, requireState } from '../orders/order-state.ts';
import { ensureBook } from './books.ts';
import { requireCustomer } from './customers.ts';

const MAX_LINES = 5_000;
const copies = v.pipe(field.quantity, v.minValue(1, 'Order at least one copy.'));
const lines = v.object({ ids: v.pipe(v.array(field.id), v.minLength(1), v.maxLength(MAX_LINES)) });

/**
 * Orders copies of a book for a customer, or for the shelf where none is named. Each order is a line of its own: what was
 * asked for on two days is not one wish. A book that the shop does not have yet is made, with its ISBN only.
 */
export const addOrderLine = defineCommand(
  v.object({
    customerId: v.optional(field.optionalId, ''),
    isbn: field.isbn,
    quantity: v.optional(copies, 1),
  }),
  (shop, { customerId, isbn, quantity }) => {
    if (customerId !== '') requireCustomer(shop.db, customerId);
    ensureBook(shop.db, isbn);
    const id = shop.newId();
    shop.db
      .prepare(
        'INSERT INTO customer_order_line (id, customer_id, isbn, quantity, created_at) VALUES (?, ?, ?, ?, ?)',
      )
      .run(id, customerId, isbn, quantity, shop.now());
    return { id, isbn };
  },
);

/** Changes how many copies are wanted, while none is ordered. */
export const setOrderLineQuantity = defineCommand(
  v.object({ id: field.id, quantity: copies }),
  ({ db }, { id, quantity }) => {
    requireState(id, requireOrderLine(db, id), 'pending');
    db.prepare('UPDATE customer_order_line SET quantity = ?1 WHERE id = ?2 AND quantity <> ?1').run(
      quantity,
      id,
    );
  },
);

/** Takes a wish back, while it is not ordered. One that is ordered at the same time elsewhere shows up as a task. */
export const removeOrderLine = defineCommand(v.object({ id: field.id }), (shop, { id }) => {
  requireState(id, requireOrderLine(shop.db, id), 'pending');
  shop.db
    .prepare('UPDATE customer_order_line SET removed_at = ? WHERE id = ? AND removed_at IS NULL')
    .run(shop.now(), id);
});

/** The inverse of `removeOrderLine`. */
export const restoreOrderLine = defineCommand(v.object({ id: field.id }), ({ db }, { id }) => {
  requireOrderLine(db, id);
  db.prepare('UPDATE customer_order_line SET removed_at = NULL WHERE id = ? AND removed_at IS NOT NULL').run(
    id,
  );
});

/** The copies of these lines are here, from the supplier or from the shelf. What has been received stays as it is. */
export const markReceived = defineCommand(lines, (shop, { ids }) => {
  setFact(shop, ids, { column: 'received_at', from: ['pending', 'placed'] });
});

/** The inverse of `markReceived`. */
export const unmarkReceived = defineCommand(lines, ({ db }, { ids }) => {
  for (const id of ids) {
    requireState(id, requireOrderLine(db, id), 'received', 'placed', 'pending');
    clearFact(db, id, 'received_at');
  }
});

/** The customer has taken these copies. */
export const markCollected = defineCommand(lines, (shop, { ids }) => {
  setFact(shop, ids, { column: 'collected_at', from: ['received'] });
});

/** The inverse of `markCollected`. */
export const unmarkCollected = defineCommand(lines, ({ db }, { ids }) => {
  for (const id of ids) {
    requireOrderLine(db, id);
    clearFact(db, id, 'collected_at');
  }
});

type Fact = 'received_at' | 'collected_at';

/** Writes a step where it has not happened yet: the first time it was noted stands. */
function setFact(
  { db, now }: ShopContext,
  ids: readonly string[],
  { column, from }: { column: Fact; from: readonly OrderLineState[] },
): void {
  const at = now();
  for (const id of ids) {
    const line = requireOrderLine(db, id);
    if (isDone(line.state, column)) continue;
    requireState(id, line, ...from);
    db.prepare(`UPDATE customer_order_line SET ${column} = ? WHERE id = ? AND ${column} IS NULL`).run(at, id);
  }
}

function clearFact(db: ShopContext['db'], id: string, column: Fact): void {
  db.prepare(`UPDATE customer_order_line SET ${column} = NULL WHERE id = ? AND ${column} IS NOT NULL`).run(
    id,
  );
}

function isDone(state: OrderLineState, column: Fact): boolean {
  return state === 'collected' || (column === 'received_at' && state === 'received');
}
