import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { defineCommand } from '../define.ts';
import { ShopError } from '../errors.ts';
import * as field from '../fields.ts';
import { givenColumns, insertRecord, updateRecord } from './record.ts';

const CUSTOMER_COLUMNS = { name: 'name', email: 'email', phone: 'phone', note: 'note' } as const;

const details = {
  email: v.optional(field.email),
  phone: v.optional(field.text),
  note: v.optional(field.text),
};

/** Makes a customer and returns the id. An id is given to bring a removed customer back, with the lines that are left. */
export const createCustomer = defineCommand(
  v.object({ id: v.optional(field.id), name: field.name, ...details }),
  (shop, { id = shop.newId(), ...fields }) => {
    const columns = givenColumns(CUSTOMER_COLUMNS, fields);
    if (findCustomer(shop.db, id)) updateRecord(shop.db, 'customer', id, columns);
    else insertRecord(shop.db, 'customer', id, [...columns, ['created_at', shop.now()]]);
    return { id };
  },
);

/** Changes what is known of a customer. Fields that are absent stay as they are; only what differs is written. */
export const editCustomer = defineCommand(
  v.object({ id: field.id, name: v.optional(field.name), ...details }),
  ({ db }, { id, ...fields }) => {
    requireCustomer(db, id);
    updateRecord(db, 'customer', id, givenColumns(CUSTOMER_COLUMNS, fields));
  },
);

/**
 * Removes a customer who waits for nothing. What was collected stays, without a name. A line added elsewhere at the
 * same time is not ordered; it shows up as a task.
 */
export const removeCustomer = defineCommand(v.object({ id: field.id }), ({ db }, { id }) => {
  requireCustomer(db, id);
  const uses =
    db
      .prepare<{ n: number }>(
        `SELECT count(*) AS n FROM order_line
         WHERE customer_id = ? AND removed_at IS NULL AND collected_at IS NULL`,
      )
      .get(id)?.n ?? 0;
  if (uses > 0) {
    throw new ShopError(
      'in-use',
      `This customer waits for ${uses === 1 ? 'a book' : `${uses} books`} and cannot be removed.`,
      { kind: 'customer', id, uses },
    );
  }
  db.prepare('DELETE FROM customer WHERE id = ?').run(id);
});

/** Throws ShopError `not-found`. */
export function requireCustomer(db: Database, id: string): void {
  if (findCustomer(db, id)) return;
  throw new ShopError('not-found', 'This customer does not exist any more.', { kind: 'customer', id });
}

function findCustomer(db: Database, id: string): boolean {
  return db.prepare('SELECT 1 FROM customer WHERE id = ?').get(id) !== undefined;
}
