import type { Database } from '@octavo/crsqlite/database.ts';
import type { Change, Transaction } from '@octavo/protocol/change.ts';
import type { SiteId } from '@octavo/protocol/identity.ts';
import type { CellValue } from '@octavo/protocol/value.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS octavo_quarantine (
    id INTEGER PRIMARY KEY,
    site BLOB NOT NULL,
    "table" TEXT NOT NULL,
    pk BLOB NOT NULL,
    cid TEXT NOT NULL,
    val ANY,
    col_version INTEGER NOT NULL,
    cl INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    reason TEXT NOT NULL,
    UNIQUE (site, "table", pk, cid)
  ) STRICT;
`;

/** A peer that sends more than this is broken or hostile, and is disconnected instead. */
export const MAX_QUARANTINED = 1_000;

/** A change that could not be applied, and why. */
export interface QuarantinedChange {
  id: number;
  change: Change;
  reason: string;
}

type Row = readonly [
  id: bigint,
  site: Uint8Array,
  table: string,
  key: Uint8Array,
  column: string,
  value: CellValue,
  columnVersion: bigint,
  causalLength: bigint,
  sequence: bigint,
  reason: string,
];

/** Changes put aside because they cannot be applied [QU-1]: one per author and cell, the newest attempt. */
export class Quarantine {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(TABLE);
  }

  /** Call in the transaction that moves the cursor over the change. */
  add(change: Change, reason: string): void {
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO octavo_quarantine (site, "table", pk, cid, val, col_version, cl, seq, reason)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .exact()
      .run(
        change.siteId,
        change.table,
        change.key,
        change.column,
        change.value,
        storable(change.columnVersion),
        storable(change.causalLength),
        BigInt(change.sequence),
        reason,
      );
  }

  /**
   * Forgets what newer edits of the same cells make void. Call in the transaction that merges them, and before: one that
   * is refused again comes back.
   */
  release(transactions: readonly Transaction[]): void {
    if (this.count() === 0) return;
    const forget = this.#database
      .prepare(
        'DELETE FROM octavo_quarantine WHERE "table" = ? AND pk = ? AND cid = ? AND col_version <= ? AND cl <= ?',
      )
      .exact();
    for (const { changes } of transactions) {
      for (const { table, key, column, columnVersion, causalLength } of changes) {
        forget.run(table, key, column, columnVersion, causalLength);
      }
    }
  }

  count(): number {
    const [count] = this.#database
      .prepare('SELECT count(*) FROM octavo_quarantine')
      .exact<[bigint]>()
      .get() ?? [0n];
    return Number(count);
  }

  /** How many changes of one author are put aside. */
  countOf(site: SiteId): number {
    const [count] = this.#database
      .prepare('SELECT count(*) FROM octavo_quarantine WHERE site = ?')
      .exact<[bigint]>()
      .get(site) ?? [0n];
    return Number(count);
  }

  list(): QuarantinedChange[] {
    return this.#database
      .prepare(
        'SELECT id, site, "table", pk, cid, val, col_version, cl, seq, reason FROM octavo_quarantine ORDER BY id',
      )
      .exact<Row>()
      .all()
      .map(([id, siteId, table, key, column, value, columnVersion, causalLength, sequence, reason]) => ({
        id: Number(id),
        change: {
          table,
          key,
          column,
          value,
          columnVersion,
          siteId,
          causalLength,
          sequence: Number(sequence),
        },
        reason,
      }));
  }
}

/** The wire carries 64 bits unsigned, SQLite stores 64 bits signed; what lies beyond is impossible either way. */
function storable(value: bigint): bigint {
  return value < 2n ** 63n ? value : 2n ** 63n - 1n;
}
