import * as v from 'valibot';
import { defineQuery } from '../define.ts';
import { ORDER_TASKS } from './order-tasks.ts';
import { stockSql } from '../stock-sql.ts';

export interface Dashboard {
  books: number;
  warehouses: number;
  openInbound: number;
  openOutbound: number;
  copiesInStock: number;
  /** Entries of `attention` and of `orderTasks`. */
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

/** Lines, grouped only where the condition on `note_line` holds. */
function linesSql(condition: string): string {
  return `(SELECT note_id, isbn, warehouse_id, sum(quantity) AS quantity FROM note_line WHERE ${condition}
    GROUP BY note_id, isbn, warehouse_id)`;
}

const OPEN_NOTES = 'SELECT id FROM note WHERE committed_at IS NULL';
const SALES = "SELECT id FROM note WHERE kind = 'outbound' AND committed_at IS NOT NULL";

/** Reads a `stock` that the query around it defines, so that it is counted once. */
const ATTENTION = `
  SELECT 'negative-stock' AS what, isbn, NULL AS note_id, warehouse_id, quantity
  FROM stock WHERE quantity < 0 AND warehouse_id <> ''
  UNION ALL
  SELECT 'sold-from-nowhere', isbn, note_id, warehouse_id, quantity
  FROM ${linesSql(`warehouse_id = '' AND note_id IN (${SALES})`)} WHERE quantity > 0
  UNION ALL
  SELECT 'note-removed', isbn, note_id, warehouse_id, quantity
  FROM ${linesSql('note_id NOT IN (SELECT id FROM note)')} WHERE quantity > 0
  UNION ALL
  SELECT 'counted-twice', isbn, note_id, warehouse_id, quantity
  FROM ${linesSql(`note_id IN (${OPEN_NOTES})`)} WHERE quantity < 0`;

/** Small numbers for the first screen. */
export const dashboard = defineQuery(v.object({}), (db): Dashboard => {
  const numbers = db
    .prepare<{ [Field in keyof Dashboard]: number }>(
      `WITH stock AS MATERIALIZED ${stockSql()}
       SELECT (SELECT count(*) FROM book) AS books,
         (SELECT count(*) FROM warehouse) AS warehouses,
         (SELECT count(*) FROM note WHERE kind = 'inbound' AND committed_at IS NULL) AS openInbound,
         (SELECT count(*) FROM note WHERE kind = 'outbound' AND committed_at IS NULL) AS openOutbound,
         (SELECT coalesce(sum(quantity), 0) FROM stock) AS copiesInStock,
         (SELECT count(*) FROM (${ATTENTION})) + (SELECT count(*) FROM (${ORDER_TASKS})) AS tasks`,
    )
    .get();
  if (numbers === undefined) throw new Error('A SELECT without FROM returns one row.');
  return numbers;
});

/** What needs a person. */
export const attention = defineQuery(v.object({}), (db): AttentionItem[] =>
  db
    .prepare<AttentionItem>(
      `WITH stock AS ${stockSql()}
       SELECT item.what, item.isbn, book.title, item.note_id AS noteId, note.name AS noteName,
         item.warehouse_id AS warehouseId, item.quantity
       FROM (${ATTENTION}) AS item
         LEFT JOIN book ON book.isbn = item.isbn
         LEFT JOIN note ON note.id = item.note_id
       ORDER BY item.what, book.title COLLATE NOCASE, item.isbn, item.note_id`,
    )
    .all(),
);
