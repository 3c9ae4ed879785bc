import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { defineCommand } from '../define.ts';
import { ShopError } from '../errors.ts';
import * as field from '../fields.ts';

/** Makes a warehouse and returns its id. */
export const createWarehouse = defineCommand(
  v.object({ name: field.name, discount: v.optional(field.discount, 0) }),
  (shop, { name, discount }) => {
    const id = shop.newId();
    shop.db
      .prepare('INSERT INTO warehouse (id, name, discount, created_at) VALUES (?, ?, ?, ?)')
      .run(id, name, discount, shop.now());
    return { id };
  },
);

export const renameWarehouse = defineCommand(
  v.object({ id: field.id, name: field.name }),
  ({ db }, { id, name }) => {
    requireWarehouse(db, id);
    db.prepare('UPDATE warehouse SET name = ?1 WHERE id = ?2 AND name IS NOT ?1').run(name, id);
  },
);

/** The discount that lines assigned to this warehouse from now on are sold at; lines made before keep theirs. */
export const setWarehouseDiscount = defineCommand(
  v.object({ id: field.id, discount: field.discount }),
  ({ db }, { id, discount }) => {
    requireWarehouse(db, id);
    db.prepare('UPDATE warehouse SET discount = ?1 WHERE id = ?2 AND discount IS NOT ?1').run(discount, id);
  },
);

/** Removes a warehouse that no note and no line names. */
export const removeWarehouse = defineCommand(v.object({ id: field.id }), ({ db }, { id }) => {
  requireWarehouse(db, id);
  const uses =
    db
      .prepare<{ n: number }>(
        `SELECT count(*) AS n FROM (
           SELECT id FROM note WHERE warehouse_id = ?1
           UNION SELECT note_id FROM line WHERE warehouse_id = ?1 AND quantity > 0
         )`,
      )
      .get(id)?.n ?? 0;
  if (uses > 0) {
    throw new ShopError(
      'in-use',
      `This warehouse is used by ${uses === 1 ? 'a note' : `${uses} notes`} and cannot be removed.`,
      {
        kind: 'warehouse',
        id,
        uses,
      },
    );
  }
  db.prepare('DELETE FROM warehouse WHERE id = ?').run(id);
});

/** The warehouse, or ShopError `not-found`. */
export function requireWarehouse(db: Database, id: string): { name: string | null; discount: number } {
  const warehouse = db
    .prepare<{ name: string | null; discount: number }>('SELECT name, discount FROM warehouse WHERE id = ?')
    .get(id);
  if (warehouse === undefined) {
    throw new ShopError('not-found', 'This warehouse does not exist any more.', { kind: 'warehouse', id });
  }
  return warehouse;
}
