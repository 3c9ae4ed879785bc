import { type Change, ROW_SENTINEL, type Transaction } from '@octavo/protocol/change.ts';
import type { Replica } from '../replica.ts';
import { mergeTransactions, tryChange } from '../storage/merge.ts';
import { unpackKey } from '../storage/packed-key.ts';
import { readReplicatedSchema } from '../storage/replicated-schema.ts';
import { sameValue } from '../storage/same-value.ts';
import { faultOf } from '../storage/validate-change.ts';
import { Outcomes } from './outcomes.ts';

/**
 * Merges changes that another database of the same shop had not sent, as written by this replica [ID-1, WO-1], in one
 * transaction with what became of them. Their column versions compare with those that are here, so that what others
 * have edited since wins as it would have won; the loser goes to the history of conflicts, dated `happenedAt` (wall
 * clock, ms). Doing it again changes nothing.
 */
export function mergeSaved(replica: Replica, saved: readonly Transaction[], happenedAt: number): void {
  const { database, siteId } = replica;
  const tables = readReplicatedSchema(database, replica.clockTables.tables);
  const outcomes = new Outcomes(database);
  replica.write(() => {
    const merged: Change[] = [];
    const apply = tryChange(database, ({ table, key }, reason) =>
      outcomes.note(table, key, 'failed', reason),
    );
    mergeTransactions(database, saved, (change, version) => {
      const fault = faultOf(change, tables, undefined);
      if (fault !== undefined) {
        outcomes.note(change.table, change.key, 'failed', fault);
        return false;
      }
      const applied = apply({ ...change, siteId }, version);
      if (applied) merged.push(change);
      return applied;
    });
    for (const change of merged) {
      const stands = isStanding(replica, change);
      outcomes.note(change.table, change.key, stands ? 'restored' : 'already-newer');
      if (!stands) noteConflict(replica, change, happenedAt);
    }
  });
}

/** Whether the database says now what a change says. */
function isStanding(replica: Replica, { table, key, column, value, causalLength }: Change): boolean {
  const row = { table, key: unpackKey(key) ?? [] };
  if (column === ROW_SENTINEL) return replica.cells.exists(row) === (causalLength % 2n === 1n);
  const present = replica.cells.value(row, column);
  return present !== undefined && sameValue(present, value);
}

/** An edit that lost, kept so that somebody can take it back [CF-1]. */
function noteConflict({ cells, conflicts, siteId }: Replica, change: Change, happenedAt: number): void {
  const { table, key, column, value: ownValue } = change;
  if (column === ROW_SENTINEL || change.columnVersion === 0n) return;
  if (conflicts.has(key, { table, column, ownValue })) return;
  const row = { table, key: unpackKey(key) ?? [] };
  const now = cells.value(row, column);
  conflicts.add(key, {
    table,
    column,
    happenedAt,
    ownValue,
    ownSite: change.siteId,
    otherValue: now ?? null,
    otherSite: cells.author(row, column) ?? siteId,
    rowDeleted: now === undefined,
  });
}
