import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { defineCommand } from '../define.ts';
import { ShopError } from '../errors.ts';
import * as field from '../fields.ts';
import { publisherKeySql } from '../orders/publisher-key.ts';
import { givenColumns, insertRecord, updateRecord } from './record.ts';

const SUPPLIER_COLUMNS = {
  name: 'name',
  email: 'email',
  phone: 'phone',
  customerNumber: 'customer_number',
  note: 'note',
} as const;

const details = {
  email: v.optional(field.email),
  phone: v.optional(field.text),
  customerNumber: v.optional(field.text),
  note: v.optional(field.text),
};

/** Makes a supplier and returns the id. An id is given to bring a removed supplier back, with its orders. */
export const createSupplier = defineCommand(
  v.object({ id: v.optional(field.id), name: field.name, ...details }),
  (shop, { id = shop.newId(), ...fields }) => {
    const columns = givenColumns(SUPPLIER_COLUMNS, fields);
    if (findSupplier(shop.db, id) === undefined)
      insertRecord(shop.db, 'supplier', id, [...columns, ['created_at', shop.now()]]);
    else updateRecord(shop.db, 'supplier', id, columns);
    return { id };
  },
);

/** Changes what is known of a supplier. Fields that are absent stay as they are; only what differs is written. */
export const editSupplier = defineCommand(
  v.object({ id: field.id, name: v.optional(field.name), ...details }),
  ({ db }, { id, ...fields }) => {
    requireSupplier(db, id);
    updateRecord(db, 'supplier', id, givenColumns(SUPPLIER_COLUMNS, fields));
  },
);

/** Removes a supplier from whom nothing is awaited. Its publishers are nobody's from then on; past orders keep its name. */
export const removeSupplier = defineCommand(v.object({ id: field.id }), ({ db }, { id }) => {
  requireSupplier(db, id);
  const uses =
    db
      .prepare<{ n: number }>(
        `SELECT count(DISTINCT supplier_order.id) AS n FROM supplier_order
           JOIN supplier_order_line AS line ON line.supplier_order_id = supplier_order.id
           JOIN customer_order_line AS need ON need.id = line.customer_order_line_id
         WHERE supplier_order.supplier_id = ? AND supplier_order.cancelled_at IS NULL
           AND need.received_at IS NULL AND need.collected_at IS NULL`,
      )
      .get(id)?.n ?? 0;
  if (uses > 0) {
    throw new ShopError(
      'in-use',
      `Books of ${uses === 1 ? 'an order' : `${uses} orders`} from this supplier have not come yet: it cannot be removed.`,
      { kind: 'supplier', id, uses },
    );
  }
  db.prepare("UPDATE supplier_publisher SET supplier_id = '' WHERE supplier_id = ?").run(id);
  db.prepare('DELETE FROM supplier WHERE id = ?').run(id);
});

/**
 * Says which supplier serves a publisher, '' for none: one at a time, so that it is taken from whoever had it. Returns who
 * that was. Never a delete, which would beat a supplier chosen elsewhere at the same time.
 */
export const assignPublisher = defineCommand(
  v.object({ name: field.name, supplierId: field.optionalId }),
  ({ db, now }, { name, supplierId }) => {
    if (supplierId !== '') requireSupplier(db, supplierId);
    const before = db
      .prepare<{ supplierId: string }>(
        `SELECT supplier_id AS supplierId FROM supplier_publisher WHERE publisher = ${publisherKeySql('?')}`,
      )
      .get(name);
    if (before === undefined) {
      db.prepare(
        `INSERT INTO supplier_publisher (publisher, name, supplier_id, created_at)
         VALUES (${publisherKeySql('?1')}, ?1, ?2, ?3)`,
      ).run(name, supplierId, now());
    } else {
      db.prepare(
        `UPDATE supplier_publisher SET supplier_id = ?1
         WHERE publisher = ${publisherKeySql('?2')} AND supplier_id <> ?1`,
      ).run(supplierId, name);
    }
    return { before: before?.supplierId ?? '' };
  },
);

/** The supplier, or ShopError `not-found`. */
export function requireSupplier(db: Database, id: string): { name: string | null } {
  const supplier = findSupplier(db, id);
  if (supplier === undefined) {
    throw new ShopError('not-found', 'This supplier does not exist any more.', { kind: 'supplier', id });
  }
  return supplier;
}

function findSupplier(db: Database, id: string): { name: string | null } | undefined {
  return db.prepare<{ name: string | null }>('SELECT name FROM supplier WHERE id = ?').get(id);
}
