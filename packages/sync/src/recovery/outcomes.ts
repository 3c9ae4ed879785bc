import type { Database } from '@octavo/crsqlite/database.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import { unpackKey } from '../storage/packed-key.ts';

const TABLES = `
  CREATE TABLE IF NOT EXISTS octavo_recovered (
    "table" TEXT NOT NULL,
    pk BLOB NOT NULL,
    outcome INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY ("table", pk)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS octavo_recovery (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 0),
    occasion TEXT NOT NULL
  ) STRICT;
`;

/** What became of a record that was carried over, from the best to the worst: a record has that of its worst cell. */
const outcomes = ['restored', 'already-newer', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];

/** What was carried over from a replaced database, and what became of it [WO-1]. */
export interface RecoveryReport {
  /** Why the database was replaced, as whoever did it called it. */
  occasion: string;
  /** Records that stand here as they were saved. */
  restored: number;
  /** Records of which something newer, or their deletion, was here. */
  alreadyNewer: number;
  failed: number;
}

/** A record that could not be carried over. */
export interface FailedRecord {
  table: string;
  key: readonly CellValue[];
  reason: string;
}

/**
 * What became of each record that was carried over. It is written in the transactions that carry them over, and stays
 * until somebody has read it.
 */
export class Outcomes {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(TABLES);
  }

  /** Call in the transaction that carries the record over. `key` is packed. */
  note(table: string, key: Uint8Array, outcome: Outcome, reason?: string): void {
    this.#database
      .prepare(
        `INSERT INTO octavo_recovered ("table", pk, outcome, reason) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason
         WHERE excluded.outcome > outcome`,
      )
      .run(table, key, outcomes.indexOf(outcome), reason ?? null);
  }

  /** Everything is carried over: from now on there is a report. */
  finish(occasion: string): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO octavo_recovery (singleton, occasion) VALUES (0, ?)')
      .run(occasion);
  }

  /** Undefined while it is not through, and once somebody has read it. */
  report(): RecoveryReport | undefined {
    const finished = this.#database
      .prepare<{ occasion: string }>('SELECT occasion FROM octavo_recovery')
      .get();
    if (finished === undefined) return undefined;
    const rows = this.#database
      .prepare<{ outcome: number; records: number }>(
        'SELECT outcome, count(*) AS records FROM octavo_recovered GROUP BY outcome',
      )
      .all();
    const count = (outcome: Outcome): number =>
      rows.find((row) => outcomes[row.outcome] === outcome)?.records ?? 0;
    return {
      occasion: finished.occasion,
      restored: count('restored'),
      alreadyNewer: count('already-newer'),
      failed: count('failed'),
    };
  }

  failed(limit: number): FailedRecord[] {
    return this.#database
      .prepare<{ table: string; pk: Uint8Array; reason: string | null }>(
        'SELECT "table", pk, reason FROM octavo_recovered WHERE outcome = ? ORDER BY "table", pk LIMIT ?',
      )
      .all(outcomes.indexOf('failed'), limit)
      .map(({ table, pk, reason }) => ({ table, key: unpackKey(pk) ?? [], reason: reason ?? '' }));
  }

  /** Somebody has read it, or it begins anew. */
  clear(): void {
    this.#database.exec('DELETE FROM octavo_recovered; DELETE FROM octavo_recovery');
  }
}
