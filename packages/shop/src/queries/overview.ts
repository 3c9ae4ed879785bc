import * as v from 'valibot';
import { defineQuery } from '../define.ts';
import { stockSql } from '../stock-sql.ts';

export interface Dashboard {
  books: number;
  warehouses: number;
  openInbound: number;
  openOutbound: number;
  copiesInStock: number;
  /** Entries of `attention`. */
  tasks: number;
}

/** Something that merged lawfully and still needs a person. */
export interface AttentionItem {
  what:
    /** More was sold than came in. */
    | 'negative-stock'
    /** A committed sale has copies without a warehouse: they arrived after the commit, and no stock went down. */
    | 'sold-from-nowhere'
    /** Copies were scanned into a note that was removed elsewhere at the same time. */
    | 'note-removed'
    /** Two devices removed or moved the same copies apart. */
    | 'counted-twice';
  isbn: string;
  title: string | null;
  noteId: string | null;
  noteName: string | null;
  warehouseId: string;
  quantity: number;
}

const ATTENTION = `
  SELECT 'negative-stock' AS what, stock.isbn, NULL AS note_id, stock.warehouse_id, stock.quantity
  FROM ${stockSql('everything')} AS stock WHERE stock.quantity < 0 AND stock.warehouse_id <> ''
  UNION ALL
  SELECT 'sold-from-nowhere', line.isbn, line.note_id, line.warehouse_id, line.quantity
  FROM note JOIN line ON line.note_id = note.id
  WHERE note.kind = 'outbound' AND note.committed_at IS NOT NULL AND line.warehouse_id = '' AND line.quantity > 0
  UNION ALL
  SELECT 'note-removed', line.isbn, line.note_id, line.warehouse_id, line.quantity
  FROM line WHERE line.quantity > 0 AND NOT EXISTS (SELECT 1 FROM note WHERE note.id = line.note_id)
  UNION ALL
  SELECT 'counted-twice', line.isbn, line.note_id, line.warehouse_id, line.raw_quantity
  FROM line JOIN note ON note.id = line.note_id WHERE line.raw_quantity < 0 AND note.committed_at IS NULL`;

/** Small numbers for the first screen. */
export const dashboard = defineQuery(v.object({}), (db): Dashboard => {
  const numbers = db
    .prepare<{ [Field in keyof Dashboard]: number }>(
      `SELECT (SELECT count(*) FROM book) AS books,
         (SELECT count(*) FROM warehouse) AS warehouses,
         (SELECT count(*) FROM note WHERE kind = 'inbound' AND committed_at IS NULL) AS openInbound,
         (SELECT count(*) FROM note WHERE kind = 'outbound' AND committed_at IS NULL) AS openOutbound,
         (SELECT coalesce(sum(quantity), 0) FROM ${stockSql('everything')}) AS copiesInStock,
         (SELECT count(*) FROM (${ATTENTION})) AS tasks`,
    )
    .get();
  if (numbers === undefined) throw new Error('A SELECT without FROM returns one row.');
  return numbers;
});

/** What needs a person. */
export const attention = defineQuery(v.object({}), (db): AttentionItem[] =>
  db
    .prepare<AttentionItem>(
      `SELECT item.what, item.isbn, book.title, item.note_id AS noteId, note.name AS noteName,
         item.warehouse_id AS warehouseId, item.quantity
       FROM (${ATTENTION}) AS item
         LEFT JOIN book ON book.isbn = item.isbn
         LEFT JOIN note ON note.id = item.note_id
       ORDER BY item.what, book.title COLLATE NOCASE, item.isbn, item.note_id`,
    )
    .all(),
);
