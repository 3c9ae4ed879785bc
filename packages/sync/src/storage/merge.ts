import type { Database } from '@octavo/crsqlite/database.ts';
import { SqliteError } from '@octavo/crsqlite/errors.ts';
import type { Change, Transaction } from '@octavo/protocol/change.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import { insertChange } from './change-rows.ts';

/** A stretch of this replica's log; empty when `last` is below `first`. */
export interface VersionRange {
  first: DbVersion;
  last: DbVersion;
}

/** What is done with each change of a merge, in its order. Returns whether the change took a version of the log. */
export type ApplyChange = (change: Change, version: DbVersion) => boolean;

/**
 * Merges transactions of another replica inside the open transaction. Each keeps its boundary by getting an own next
 * version here, also when it comes in several pieces; the sender's versions are never passed through, since cr-sqlite
 * would adopt them [V-2].
 *
 * The base is cr-sqlite's counter, not the log's head: the counter may be ahead, and smaller versions would run
 * together into one. Returns the versions that were given.
 */
export function mergeTransactions(
  database: Database,
  transactions: Iterable<Transaction>,
  apply: ApplyChange,
): VersionRange {
  const [base] = database.prepare('SELECT crsql_db_version()').exact<[bigint]>().get() ?? [0n];
  let last = base;
  let source: DbVersion | undefined;
  for (const transaction of transactions) {
    for (const change of transaction.changes) {
      const version = source === transaction.version ? last : last + 1n;
      if (!apply(change, version)) continue;
      last = version;
      source = transaction.version;
    }
  }
  return { first: base + 1n, last };
}

/** Applies a change and lets what the database says about it through. */
export function applyChange(database: Database): ApplyChange {
  return (change, version) => {
    insertChange(database, change, version);
    return true;
  };
}

/**
 * Applies a change in a savepoint of its own, since a refused one would leave half of itself behind, and hands it over
 * when it is refused [QU-1].
 */
export function tryChange(
  database: Database,
  refused: (change: Change, reason: string) => void,
): ApplyChange {
  const attempt = database.transaction((change: Change, version: DbVersion) =>
    insertChange(database, change, version),
  );
  return (change, version) => {
    try {
      attempt(change, version);
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refused(change, `The table "${change.table}" does not take this for "${change.column}".`);
      return false;
    }
  };
}

/** Whether an error says that the database will never take this change, rather than that it could not take it now. */
export function isRefusal(error: unknown): error is SqliteError {
  return error instanceof SqliteError && (error.failure === 'constraint' || error.failure === 'statement');
}
