import type { CellValue } from '@octavo/protocol/value.ts';
import type { Replica } from '../replica.ts';

const COLUMNS =
  'happened_at, "table", pk, "column", own_value, own_site, other_value, other_site, row_deleted';

/** Takes the history of edits that lost along into a new replica of the same shop. Doing it again changes nothing. */
export function carryConflicts(from: Replica, to: Replica): void {
  const rows = from.database
    .prepare(`SELECT ${COLUMNS} FROM octavo_conflict ORDER BY id`)
    .exact<CellValue[]>()
    .all();
  to.write(() => {
    const insert = to.database
      .prepare(
        `INSERT INTO octavo_conflict (${COLUMNS}) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
         WHERE NOT EXISTS (SELECT 1 FROM octavo_conflict WHERE "table" = ?2 AND pk = ?3 AND "column" = ?4 AND own_value IS ?5)`,
      )
      .exact();
    for (const row of rows) insert.run(...row);
  });
}
