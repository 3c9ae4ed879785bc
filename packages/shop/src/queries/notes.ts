import * as v from 'valibot';
import { defineQuery } from '../define.ts';
import * as field from '../fields.ts';

export interface NoteSummary {
  id: string;
  kind: 'inbound' | 'outbound';
  name: string | null;
  /** '' for an outbound note without a default. */
  warehouseId: string;
  warehouseName: string | null;
  createdAt: number | null;
  /** null while the note is open. */
  committedAt: number | null;
  titles: number;
  copies: number;
}

export interface NoteLine {
  isbn: string;
  /** '' while no warehouse is assigned. */
  warehouseId: string;
  warehouseName: string | null;
  quantity: number;
  /** What one copy is sold at, minor units. */
  price: number | null;
  /** Hundredths of a percent. */
  discount: number | null;
  /** Two devices made this line apart at different prices: the higher one is shown until somebody sets one. */
  pricesDiffer: boolean;
  title: string | null;
  authors: string | null;
  publisher: string | null;
}

export interface NoteDetail extends NoteSummary {
  lines: NoteLine[];
}

/** Notes with their totals; `page` is a query for the ids. The lines of those notes only are read. */
function summarySql(page: string): string {
  return `
    WITH page AS MATERIALIZED (${page}),
      totals AS (
        SELECT note_id, count(*) FILTER (WHERE quantity > 0) AS titles, sum(max(quantity, 0)) AS copies
        FROM (
          SELECT note_id, sum(quantity) AS quantity FROM note_line WHERE note_id IN (SELECT id FROM page)
          GROUP BY note_id, isbn, warehouse_id
        )
        GROUP BY note_id
      )
    SELECT note.id, note.kind, note.name, note.warehouse_id AS warehouseId, warehouse.name AS warehouseName,
      note.created_at AS createdAt, note.committed_at AS committedAt,
      coalesce(totals.titles, 0) AS titles, coalesce(totals.copies, 0) AS copies
    FROM page CROSS JOIN note ON note.id = page.id
      LEFT JOIN warehouse ON warehouse.id = note.warehouse_id
      LEFT JOIN totals ON totals.note_id = note.id
    ORDER BY coalesce(note.committed_at, note.created_at) DESC, note.id DESC`;
}

/** Notes of one kind or both, open or committed or both; the newest first. */
export const notes = defineQuery(
  v.object({
    kind: v.optional(v.picklist(['inbound', 'outbound'])),
    committed: v.optional(v.boolean()),
    limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000)), 200),
  }),
  (db, { kind, committed, limit }): NoteSummary[] =>
    db
      .prepare<NoteSummary>(
        summarySql(`SELECT id FROM note
          WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR (committed_at IS NOT NULL) = ?2)
          ORDER BY coalesce(committed_at, created_at) DESC, id DESC LIMIT ?3`),
      )
      .all(kind ?? null, committed === undefined ? null : Number(committed), limit),
);

/** One note with its lines in the order in which they were made, or null. Lines at 0 copies are left out. */
export const note = defineQuery(v.object({ id: field.id }), (db, { id }): NoteDetail | null => {
  const summary = db.prepare<NoteSummary>(summarySql('SELECT id FROM note WHERE id = ?')).get(id);
  if (summary === undefined) return null;
  const lines = db
    .prepare<Omit<NoteLine, 'pricesDiffer'> & { pricesDiffer: number }>(
      `SELECT line.isbn, line.warehouse_id AS warehouseId, warehouse.name AS warehouseName, line.quantity,
         line.price, line.discount, line.prices_differ AS pricesDiffer, book.title, book.authors, book.publisher
       FROM line
         LEFT JOIN book ON book.isbn = line.isbn
         LEFT JOIN warehouse ON warehouse.id = line.warehouse_id
       WHERE line.note_id = ? AND line.quantity > 0
       ORDER BY line.created_at, line.isbn, line.warehouse_id`,
    )
    .all(id);
  return { ...summary, lines: lines.map((line) => ({ ...line, pricesDiffer: line.pricesDiffer === 1 })) };
});
