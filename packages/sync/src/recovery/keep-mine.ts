import type { CellValue } from '@octavo/protocol/value.ts';
import type { Database } from '@octavo/crsqlite/database.ts';
import type { Replica } from '../replica.ts';
import { isRefusal } from '../storage/merge.ts';
import { differenceWriter } from './apply-difference.ts';
import type { Difference } from './differences.ts';
import { Outcomes } from './outcomes.ts';

/**
 * Edits the differing cells here once more, as this replica's own edits: column versions of two lineages do not compare,
 * so nothing else could win in a defined way [WO-2]. One transaction, with what became of each record. Doing it again
 * changes nothing.
 */
export function keepMine(replica: Replica, differences: readonly Difference[]): void {
  const { database } = replica;
  const outcomes = new Outcomes(database);
  const attempt = database.transaction(differenceWriter(replica));
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

/** A key as cr-sqlite packs it. */
function pack(database: Database, key: readonly CellValue[]): Uint8Array {
  const [packed] = database
    .prepare(`SELECT crsql_pack_columns(${key.map(() => '?').join(', ')})`)
    .exact<[Uint8Array]>()
    .get(...key) ?? [new Uint8Array()];
  return packed;
}
