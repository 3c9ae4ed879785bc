/**
 * Stock as a part of a query: per book and warehouse, the committed inbound copies less the committed outbound ones.
 * It is derived each time and stored nowhere. The condition, on columns of `note_line`, stands inside, so that SQLite
 * reads only those lines (it does not carry one through two levels of grouping itself); both levels follow the order
 * of the index `note_line_by_isbn`, which holds all they need.
 */
export function stockSql(condition = 'TRUE'): string {
  return `(
    SELECT line.isbn, line.warehouse_id,
      sum(CASE note.kind WHEN 'inbound' THEN line.quantity ELSE -line.quantity END) AS quantity
    FROM (
      SELECT isbn, warehouse_id, note_id, max(sum(quantity), 0) AS quantity
      FROM note_line WHERE ${condition} GROUP BY isbn, warehouse_id, note_id
    ) AS line CROSS JOIN note ON note.id = line.note_id
    WHERE note.committed_at IS NOT NULL
    GROUP BY line.isbn, line.warehouse_id
  )`;
}
