import type { Database } from '@octavo/crsqlite/database.ts';
import { SqliteError } from '@octavo/crsqlite/errors.ts';
import type { Change } from '@octavo/protocol/change.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import type { CellValue } from '@octavo/protocol/value.ts';

/** A row of cr-sqlite's `crsql_changes`, read by {@link SELECT_CHANGES}. */
export type ChangeRow = readonly [
  table: string,
  key: Uint8Array,
  column: string,
  value: CellValue,
  columnVersion: bigint,
  version: bigint,
  siteId: Uint8Array,
  causalLength: bigint,
  sequence: bigint,
];

export const SELECT_CHANGES = `SELECT "table", pk, cid, val, col_version, db_version, site_id, cl, seq FROM crsql_changes`;

const INSERT = `INSERT INTO crsql_changes ("table", pk, cid, val, col_version, db_version, site_id, cl, seq)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export function readChange(row: ChangeRow): { version: DbVersion; change: Change } {
  const [table, key, column, value, columnVersion, version, siteId, causalLength, sequence] = row;
  const change = {
    table,
    key,
    column,
    value,
    columnVersion,
    siteId,
    causalLength,
    sequence: Number(sequence),
  };
  return { version, change };
}

/**
 * Merges one change under a version of the own log.
 *
 * While cr-sqlite merges, its triggers sleep. When a constraint refuses the change it forgets to wake them, a rollback does
 * not either, and whatever is written next would be in the table and in nobody's log: so they are woken here.
 */
export function insertChange(database: Database, change: Change, version: DbVersion): void {
  const { table, key, column, value, columnVersion, siteId, causalLength, sequence } = change;
  try {
    database
      .prepare(INSERT)
      .exact()
      .run(table, key, column, value, columnVersion, version, siteId, causalLength, BigInt(sequence));
  } catch (error) {
    // A trapped instance is thrown away with everything that it believes.
    if (!(error instanceof SqliteError && error.failure === 'trapped'))
      database.prepare('SELECT crsql_internal_sync_bit(0)').get();
    throw error;
  }
}
