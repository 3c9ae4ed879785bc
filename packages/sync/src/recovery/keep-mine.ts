import type { CellValue } from '@octavo/protocol/value.ts';
import type { Database } from '@octavo/crsqlite/database.ts';
import type { Replica } from '../replica.ts';
import { isRefusal } from '../storage/merge.ts';
import { quote } from '../storage/quote.ts';
import { readReplicatedSchema } from '../storage/replicated-schema.ts';
import type { Difference } from './differences.ts';
import { Outcomes } from './outcomes.ts';

/**
 * Edits the differing cells here once more, as this replica's own edits: column versions of two lineages do not compare,
 * so nothing else could win in a defined way [WO-2]. One transaction, with what became of each record. Doing it again
 * changes nothing.
 */
export function keepMine(replica: Replica, differences: readonly Difference[]): void {
  const { database } = replica;
  const tables = readReplicatedSchema(database, replica.clockTables.tables);
  const outcomes = new Outcomes(database);
  const attempt = database.transaction((difference: Difference) => {
    const key = (tables.get(difference.table)?.key ?? []).map((column) => column.name);
    edit(database, key, difference);
  });
  replica.write(() => {
    for (const difference of differences) {
      const packed = pack(database, difference.key);
      try {
        attempt(difference);
        outcomes.note(difference.table, packed, 'restored');
      } catch (error) {
        if (!isRefusal(error)) throw error;
        outcomes.note(difference.table, packed, 'failed', error.message);
      }
    }
  });
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

/** A key as cr-sqlite packs it. */
function pack(database: Database, key: readonly CellValue[]): Uint8Array {
  const [packed] = database
    .prepare(`SELECT crsql_pack_columns(${key.map(() => '?').join(', ')})`)
    .exact<[Uint8Array]>()
    .get(...key) ?? [new Uint8Array()];
  return packed;
}
