import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { defineCommand } from '../define.ts';
import { ShopError } from '../errors.ts';
import * as field from '../fields.ts';
import { clearLines } from '../lines.ts';
import { requireWarehouse } from './warehouses.ts';

export type NoteKind = 'inbound' | 'outbound';

/** Makes an inbound note (a purchase into one warehouse) and returns its id. */
export const createInboundNote = defineCommand(
  v.object({ warehouseId: field.id, name: v.optional(field.name) }),
  (shop, { warehouseId, name }) => {
    requireWarehouse(shop.db, warehouseId);
    const id = shop.newId();
    shop.db
      .prepare("INSERT INTO note (id, kind, name, warehouse_id, created_at) VALUES (?, 'inbound', ?, ?, ?)")
      .run(id, name ?? null, warehouseId, shop.now());
    return { id };
  },
);

/** Makes an outbound note (a sale) and returns its id. With a warehouse, scanned books are assigned to it at once. */
export const createOutboundNote = defineCommand(
  v.object({ name: v.optional(field.name), warehouseId: v.optional(field.id) }),
  (shop, { name, warehouseId }) => {
    if (warehouseId !== undefined) requireWarehouse(shop.db, warehouseId);
    const id = shop.newId();
    shop.db
      .prepare("INSERT INTO note (id, kind, name, warehouse_id, created_at) VALUES (?, 'outbound', ?, ?, ?)")
      .run(id, name ?? null, warehouseId ?? '', shop.now());
    return { id };
  },
);

/** A name is a label, not history: a committed note can be renamed. */
export const renameNote = defineCommand(
  v.object({ id: field.id, name: field.name }),
  ({ db }, { id, name }) => {
    requireNote(db, id);
    db.prepare('UPDATE note SET name = ?1 WHERE id = ?2 AND name IS NOT ?1').run(name, id);
  },
);

/**
 * Removes an open note. Its lines are brought to 0, not deleted: a delete would beat a scan made elsewhere at the same
 * time, and that copy would be gone without a trace. So it stays, and `attention` shows it.
 */
export const removeNote = defineCommand(v.object({ id: field.id }), (shop, { id }) => {
  requireOpenNote(shop.db, id);
  clearLines(shop, id);
  shop.db.prepare('DELETE FROM note WHERE id = ?').run(id);
});

export interface NoteRow {
  readonly kind: NoteKind;
  readonly warehouseId: string;
  readonly committedAt: number | null;
}

/** The note, or ShopError `not-found`. */
export function requireNote(db: Database, id: string): NoteRow {
  const note = db
    .prepare<NoteRow>(
      'SELECT kind, warehouse_id AS warehouseId, committed_at AS committedAt FROM note WHERE id = ?',
    )
    .get(id);
  if (note === undefined) {
    throw new ShopError('not-found', 'This note does not exist any more.', { kind: 'note', id });
  }
  return note;
}

/** The note, or ShopError `not-found` or `note-committed`. */
export function requireOpenNote(db: Database, id: string): NoteRow {
  const note = requireNote(db, id);
  if (note.committedAt === null) return note;
  throw new ShopError('note-committed', 'This note is committed: it can be read, not changed.', {
    noteId: id,
  });
}
