import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { defineCommand } from '../define.ts';
import { ShopError } from '../errors.ts';
import * as field from '../fields.ts';
import { stockSql } from '../stock-sql.ts';
import { requireOpenNote } from './notes.ts';

/** A line that sells more copies than its warehouse has. */
export interface Shortage {
  isbn: string;
  title: string | null;
  warehouseId: string;
  warehouseName: string | null;
  wanted: number;
  /** What is in stock, before this sale; may be negative. */
  available: number;
}

export type CommitNoteResult =
  { outcome: 'committed'; committedAt: number } | { outcome: 'shortage'; shortages: Shortage[] };

/**
 * Commits a note: from now on its copies count in the stock. A sale needs a warehouse on every line (ShopError
 * `lines-without-warehouse` lists those that lack one). A sale of more than there is writes nothing and returns the
 * shortages; with `force` it is committed, and the stock is negative until somebody puts it right. Two devices may
 * still sell the same last copy apart: that too ends in a visible negative stock, not in a lost sale. Lines that arrive
 * later from a device that had not heard of the commit count like the others.
 */
export const commitNote = defineCommand(
  v.object({ id: field.id, force: v.optional(v.boolean(), false) }),
  ({ db, now }, { id, force }): CommitNoteResult => {
    const note = requireOpenNote(db, id);
    if (db.prepare('SELECT 1 FROM line WHERE note_id = ? AND quantity > 0 LIMIT 1').get(id) === undefined) {
      throw new ShopError('note-empty', 'This note has no copies: there is nothing to commit.', {
        noteId: id,
      });
    }
    if (note.kind === 'outbound') {
      refuseLinesWithoutWarehouse(db, id);
      const shortages = force ? [] : shortagesOf(db, id);
      if (shortages.length > 0) return { outcome: 'shortage', shortages };
    }
    const committedAt = now();
    db.prepare('UPDATE note SET committed_at = ? WHERE id = ?').run(committedAt, id);
    return { outcome: 'committed', committedAt };
  },
);

function refuseLinesWithoutWarehouse(db: Database, noteId: string): void {
  const lines = db
    .prepare<{ isbn: string; title: string | null; quantity: number }>(
      `SELECT line.isbn, book.title, line.quantity FROM line LEFT JOIN book ON book.isbn = line.isbn
       WHERE line.note_id = ? AND line.warehouse_id = '' AND line.quantity > 0 ORDER BY line.created_at`,
    )
    .all(noteId);
  if (lines.length === 0) return;
  throw new ShopError(
    'lines-without-warehouse',
    `${lines.length === 1 ? 'One line names' : `${lines.length} lines name`} no warehouse. Choose one, then commit again.`,
    { noteId, lines },
  );
}

function shortagesOf(db: Database, noteId: string): Shortage[] {
  const lines = db
    .prepare<Omit<Shortage, 'available'>>(
      `SELECT line.isbn, book.title, line.warehouse_id AS warehouseId, warehouse.name AS warehouseName,
         line.quantity AS wanted
       FROM line LEFT JOIN book ON book.isbn = line.isbn LEFT JOIN warehouse ON warehouse.id = line.warehouse_id
       WHERE line.note_id = ? AND line.quantity > 0 ORDER BY line.created_at`,
    )
    .all(noteId);
  const inStock = db.prepare<{ quantity: number }>(
    `SELECT quantity FROM ${stockSql('isbn = ? AND warehouse_id = ?')}`,
  );
  return lines
    .map((line) => ({ ...line, available: inStock.get(line.isbn, line.warehouseId)?.quantity ?? 0 }))
    .filter((line) => line.wanted > line.available);
}
