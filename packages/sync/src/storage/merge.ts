import type { Database } from '@octavo/crsqlite/database.ts';
import { SqliteError } from '@octavo/crsqlite/errors.ts';
import type { Change, Transaction } from '@octavo/protocol/change.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';

const INSERT = `INSERT INTO crsql_changes ("table", pk, cid, val, col_version, db_version, site_id, cl, seq)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** A stretch of this replica's log; empty when `last` is below `first`. */
export interface VersionRange {
  first: DbVersion;
  last: DbVersion;
}

/**
 * Merges transactions of another replica inside the open transaction. Each keeps its boundary by getting an own next
 * version here; the sender's versions are never passed through, since cr-sqlite would adopt them [V-2].
 *
 * The base is cr-sqlite's counter, not the log's head: the counter may be ahead, and smaller versions would run
 * together into one. Returns the versions that were given.
 */
export function mergeTransactions(database: Database, transactions: readonly Transaction[]): VersionRange {
  return merge(database, transactions, (change, version) => insert(database, change, version));
}

/**
 * The same for transactions of which some change cannot be applied: each runs in a savepoint of its own, since a refused
 * one would leave half of itself behind, and the refused ones are handed over [QU-1].
 */
export function mergeOneByOne(
  database: Database,
  transactions: readonly Transaction[],
  refused: (change: Change, reason: string) => void,
): VersionRange {
  const attempt = database.transaction((change: Change, version: DbVersion) =>
    insert(database, change, version),
  );
  return merge(database, transactions, (change, version) => {
    try {
      attempt(change, version);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refused(change, error.message);
    }
  });
}

/** Whether an error says that the database will never take this change, rather than that it could not take it now. */
export function isRefusal(error: unknown): error is SqliteError {
  return error instanceof SqliteError && (error.failure === 'constraint' || error.failure === 'statement');
}

function merge(
  database: Database,
  transactions: readonly Transaction[],
  apply: (change: Change, version: DbVersion) => void,
): VersionRange {
  const [base] = database.prepare('SELECT crsql_db_version()').exact<[bigint]>().get() ?? [0n];
  let version = base;
  for (const transaction of transactions) {
    if (transaction.changes.length === 0) continue;
    version += 1n;
    for (const change of transaction.changes) apply(change, version);
  }
  return { first: base + 1n, last: version };
}

function insert(database: Database, change: Change, version: DbVersion): void {
  database
    .prepare(INSERT)
    .exact()
    .run(
      change.table,
      change.key,
      change.column,
      change.value,
      change.columnVersion,
      version,
      change.siteId,
      change.causalLength,
      BigInt(change.sequence),
    );
}

/** Joins the parts of a transaction that came in several batches. */
export function joinParts(parts: readonly Transaction[]): Transaction[] {
  const joined: Transaction[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last?.version === part.version) {
      const changes: Change[] = last.changes.concat(part.changes);
      joined[joined.length - 1] = { version: part.version, changes };
    } else {
      joined.push(part);
    }
  }
  return joined;
}
