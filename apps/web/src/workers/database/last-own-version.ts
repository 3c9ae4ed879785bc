import type { Database } from '@octavo/crsqlite/database.ts';
import { OWN_ORDINAL } from '@octavo/sync/storage/clock-tables.ts';

/**
 * The last version above another that holds something written here; that other one where there is nothing. What was only
 * merged has versions as well, which no server ever hears of. Costs what was written since.
 */
export function lastOwnVersion(database: Database, tables: readonly string[], after: bigint): bigint {
  return tables.reduce((last, table) => {
    const [version] = database
      .prepare(
        `SELECT max(db_version) FROM "${table}__crsql_clock"
         WHERE db_version > ? AND site_id = ${OWN_ORDINAL} AND col_version > 0`,
      )
      .exact<[bigint | null]>()
      .get(after) ?? [null];
    return version !== null && version > last ? version : last;
  }, after);
}
