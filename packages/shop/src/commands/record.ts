import type { Database, SqlValue } from '@octavo/crsqlite/database.ts';

/** The columns of a record that are given, as name and value; what is undefined is left as it is. */
export function givenColumns(
  columns: Readonly<Record<string, string>>,
  fields: Readonly<Record<string, SqlValue | undefined>>,
): [column: string, value: SqlValue][] {
  return Object.entries(columns).flatMap(([name, column]): [string, SqlValue][] => {
    const value = fields[name];
    return value === undefined ? [] : [[column, value]];
  });
}

/** Inserts a record. */
export function insertRecord(
  db: Database,
  table: 'customer' | 'supplier',
  id: string,
  columns: readonly (readonly [column: string, value: SqlValue])[],
): void {
  const names = columns.map(([column]) => `, ${column}`).join('');
  const marks = columns.map(() => ', ?').join('');
  db.prepare(`INSERT INTO ${table} (id${names}) VALUES (?${marks})`).run(
    id,
    ...columns.map(([, value]) => value),
  );
}

/** Writes the columns that differ, so that a form saved unchanged is no change for anybody. */
export function updateRecord(
  db: Database,
  table: 'customer' | 'supplier',
  id: string,
  columns: readonly (readonly [column: string, value: SqlValue])[],
): void {
  for (const [column, value] of columns) {
    db.prepare(`UPDATE ${table} SET ${column} = ?1 WHERE id = ?2 AND ${column} IS NOT ?1`).run(value, id);
  }
}
