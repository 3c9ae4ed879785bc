import type { Database } from '@octavo/crsqlite/database.ts';
import { ShopError } from '../errors.ts';

/** How far a line of a customer's order is; each state holds the earlier ones. */
export type OrderLineState = 'pending' | 'placed' | 'received' | 'collected';

export interface OrderLineRow {
  readonly customerId: string;
  readonly isbn: string;
  readonly quantity: number;
  readonly state: OrderLineState;
  readonly removedAt: number | null;
}

/** The line, removed or not; or ShopError `not-found`. */
export function requireOrderLine(db: Database, id: string): OrderLineRow {
  const line = db
    .prepare<OrderLineRow>(
      `SELECT customer_id AS customerId, isbn, quantity, state, removed_at AS removedAt
       FROM order_line WHERE id = ?`,
    )
    .get(id);
  if (line === undefined) {
    throw new ShopError('not-found', 'This line does not exist any more.', { kind: 'order-line', id });
  }
  return line;
}

const refusals: Record<OrderLineState, string> = {
  pending: 'This line has not been received yet.',
  placed: 'This line is ordered from the supplier already.',
  received: 'This line has been received already.',
  collected: 'This line has been collected already.',
};

/** Throws ShopError `order-line-state` unless the line is in one of the states. */
export function requireState(id: string, line: OrderLineRow, ...allowed: readonly OrderLineState[]): void {
  if (allowed.includes(line.state)) return;
  throw new ShopError('order-line-state', refusals[line.state], { id, state: line.state });
}
