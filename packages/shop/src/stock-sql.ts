/**
 * Stock as a part of a query: per book and warehouse, the committed inbound copies less the committed outbound ones.
 * It is derived each time and stored nowhere. The filter stands inside, on the lines, so that SQLite reads only those
 * (it does not carry a condition through two levels of grouping itself).
 */
export function stockSql(
  filter: 'everything' | 'of-isbn' | 'of-warehouse' | 'of-isbn-and-warehouse',
): string {
  return `(
    SELECT line.isbn, line.warehouse_id,
      sum(CASE note.kind WHEN 'inbound' THEN line.quantity ELSE -line.quantity END) AS quantity
    FROM (
      SELECT note_id, isbn, warehouse_id, max(sum(quantity), 0) AS quantity
      FROM note_line ${CONDITIONS[filter]} GROUP BY note_id, isbn, warehouse_id
    ) AS line JOIN note ON note.id = line.note_id
    WHERE note.committed_at IS NOT NULL
    GROUP BY line.isbn, line.warehouse_id
  )`;
}

const CONDITIONS = {
  everything: '',
  'of-isbn': 'WHERE isbn = ?',
  'of-warehouse': 'WHERE warehouse_id = ?',
  'of-isbn-and-warehouse': 'WHERE isbn = ? AND warehouse_id = ?',
};
