import type { Database } from '@octavo/crsqlite/database.ts';
import type { Replica } from '../replica.ts';
import { quote } from '../storage/quote.ts';
import { readReplicatedSchema } from '../storage/replicated-schema.ts';
import type { Difference } from './differences.ts';

/**
 * Makes what edits a record here as it is in another database, as this replica's own edit: column versions of two lineages
 * do not compare, so nothing else could win in a defined way [WO-2]. Call it within {@link Replica.write}; it throws what
 * SQLite throws. Doing it again changes nothing.
 */
export function differenceWriter({ database, clockTables }: Replica): (difference: Difference) => void {
  const tables = readReplicatedSchema(database, clockTables.tables);
  return (difference) => {
    const key = (tables.get(difference.table)?.key ?? []).map((column) => column.name);
    edit(database, key, difference);
  };
}

function edit(
  database: Database,
  keyColumns: readonly string[],
  { table, key, cells, deleted }: Difference,
): void {
  if (deleted) {
    const isRow = keyColumns.map((column) => `${quote(column)} = ?`).join(' AND ');
    database
      .prepare(`DELETE FROM ${quote(table)} WHERE ${isRow}`)
      .exact()
      .run(...key);
    return;
  }
  const names = [...keyColumns, ...cells.map(({ column }) => column)].map(quote);
  const sets = cells.map(({ column }) => `${quote(column)} = excluded.${quote(column)}`);
  const values = [...key, ...cells.map(({ value }) => value)];
  database
    .prepare(
      `INSERT INTO ${quote(table)} (${names.join(', ')}) VALUES (${values.map(() => '?').join(', ')})
       ON CONFLICT DO ${sets.length === 0 ? 'NOTHING' : `UPDATE SET ${sets.join(', ')}`}`,
    )
    .exact()
    .run(...values);
}
