import type { Database } from '@octavo/crsqlite/database.ts';
import type { Change } from '@octavo/protocol/change.ts';
import type { SiteId } from '@octavo/protocol/identity.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import { InvalidChangeError } from './validate-change.ts';

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

const SELECT = 'SELECT id, site, "table", pk, cid, val, col_version, cl, seq, reason FROM octavo_quarantine';

/** A peer that sends more than this is broken or hostile, and is disconnected instead. */
const MAX_QUARANTINED = 1_000;

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

  /**
   * Call in the transaction that moves the cursor over the change. Throws {@link InvalidChangeError} when there are too
   * many already.
   */
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
    if (this.count() > MAX_QUARANTINED) {
      throw new InvalidChangeError(
        `More than ${MAX_QUARANTINED} changes cannot be applied; an administrator has to look at them.`,
      );
    }
  }

  /**
   * Forgets what a newer edit of the same cell makes void. Call in the transaction that merges it, and before: one that
   * is refused again comes back.
   */
  release({ table, key, column, columnVersion, causalLength }: Change): void {
    this.#database
      .prepare(
        'DELETE FROM octavo_quarantine WHERE "table" = ? AND pk = ? AND cid = ? AND col_version <= ? AND cl <= ?',
      )
      .exact()
      .run(table, key, column, columnVersion, causalLength);
  }

  /** Gives a change up: it will not be applied here. */
  discard(id: number): void {
    this.#database.prepare('DELETE FROM octavo_quarantine WHERE id = ?').run(id);
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
    return this.#database.prepare(`${SELECT} ORDER BY id`).exact<Row>().all().map(toQuarantined);
  }

  get(id: number): QuarantinedChange | undefined {
    const row = this.#database.prepare(`${SELECT} WHERE id = ?`).exact<Row>().get(BigInt(id));
    return row === undefined ? undefined : toQuarantined(row);
  }
}

function toQuarantined(row: Row): QuarantinedChange {
  const [id, siteId, table, key, column, value, columnVersion, causalLength, sequence, reason] = row;
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
  return { id: Number(id), change, reason };
}

/** The wire carries 64 bits unsigned, SQLite stores 64 bits signed; what lies beyond is impossible either way. */
function storable(value: bigint): bigint {
  return value < 2n ** 63n ? value : 2n ** 63n - 1n;
}
