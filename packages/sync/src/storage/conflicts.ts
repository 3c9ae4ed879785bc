import type { Database } from '@octavo/crsqlite/database.ts';
import { type Change, ROW_SENTINEL } from '@octavo/protocol/change.ts';
import type { DbVersion, SiteId } from '@octavo/protocol/identity.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import type { Cells, RowAddress } from './cells.ts';
import { unpackKey } from './packed-key.ts';
import { sameValue } from './same-value.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS octavo_conflict (
    id INTEGER PRIMARY KEY,
    happened_at INTEGER NOT NULL,
    "table" TEXT NOT NULL,
    pk BLOB NOT NULL,
    "column" TEXT NOT NULL,
    own_value ANY,
    own_site BLOB NOT NULL,
    other_value ANY,
    other_site BLOB NOT NULL,
    row_deleted INTEGER NOT NULL
  ) STRICT;
`;

/** Older ones are forgotten: a history to look at, not an archive. */
const KEPT_AT_MOST = 1_000;

/** An edit of this replica that lost against another one before the server had it. */
export interface Conflict extends RowAddress {
  id: number;
  /** Wall-clock ms at which the merge replaced it. */
  happenedAt: number;
  column: string;
  ownValue: CellValue;
  ownSite: SiteId;
  /** What stands there now; NULL where the row was deleted. */
  otherValue: CellValue;
  otherSite: SiteId;
  rowDeleted: boolean;
}

type ConflictRow = readonly [
  id: bigint,
  happenedAt: bigint,
  table: string,
  key: Uint8Array,
  column: string,
  ownValue: CellValue,
  ownSite: Uint8Array,
  otherValue: CellValue,
  otherSite: Uint8Array,
  rowDeleted: bigint,
];

/** The history of own edits that a merge has replaced, kept so that somebody can look at them and take one back. */
export class Conflicts {
  readonly #database: Database;
  #count: number | undefined;

  constructor(database: Database) {
    this.#database = database;
    database.exec(TABLE);
  }

  /** How many wait for somebody to look at them. */
  count(): number {
    this.#count ??= Number(
      this.#database.prepare('SELECT count(*) FROM octavo_conflict').exact<[bigint]>().get()?.[0] ?? 0n,
    );
    return this.#count;
  }

  /** The newest first. */
  list(limit = KEPT_AT_MOST): Conflict[] {
    return this.#select('ORDER BY id DESC LIMIT ?', BigInt(limit));
  }

  get(id: number): Conflict | undefined {
    return this.#select('WHERE id = ?', BigInt(id))[0];
  }

  forget(id: number): void {
    this.#database.prepare('DELETE FROM octavo_conflict WHERE id = ?').run(id);
    this.#count = undefined;
  }

  forgetAll(): void {
    this.#database.exec('DELETE FROM octavo_conflict');
    this.#count = undefined;
  }

  /** Whether this very edit is in the history already. */
  has(
    key: Uint8Array,
    { table, column, ownValue }: Pick<Conflict, 'table' | 'column' | 'ownValue'>,
  ): boolean {
    return (
      this.#database
        .prepare(
          'SELECT 1 FROM octavo_conflict WHERE "table" = ? AND pk = ? AND "column" = ? AND own_value IS ?',
        )
        .exact()
        .get(table, key, column, ownValue) !== undefined
    );
  }

  /** Call in the transaction of the merge. */
  add(key: Uint8Array, conflict: Omit<Conflict, 'id' | 'key'>): void {
    const { happenedAt, table, column, ownValue, ownSite, otherValue, otherSite, rowDeleted } = conflict;
    this.#database
      .prepare(
        `INSERT INTO octavo_conflict
           (happened_at, "table", pk, "column", own_value, own_site, other_value, other_site, row_deleted)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .exact()
      .run(
        BigInt(Math.round(happenedAt)),
        table,
        key,
        column,
        ownValue,
        ownSite,
        otherValue,
        otherSite,
        rowDeleted ? 1n : 0n,
      );
    this.#database
      .prepare('DELETE FROM octavo_conflict WHERE id <= (SELECT max(id) FROM octavo_conflict) - ?')
      .run(KEPT_AT_MOST);
    this.#count = undefined;
  }

  #select(condition: string, param: bigint): Conflict[] {
    return this.#database
      .prepare(
        `SELECT id, happened_at, "table", pk, "column", own_value, own_site, other_value, other_site, row_deleted
         FROM octavo_conflict ${condition}`,
      )
      .exact<ConflictRow>()
      .all(param)
      .map(toConflict);
  }
}

function toConflict(row: ConflictRow): Conflict {
  const [id, happenedAt, table, key, column, ownValue, ownSite, otherValue, otherSite, rowDeleted] = row;
  return {
    id: Number(id),
    happenedAt: Number(happenedAt),
    table,
    key: unpackKey(key) ?? [],
    column,
    ownValue,
    ownSite,
    otherValue,
    otherSite,
    rowDeleted: rowDeleted === 1n,
  };
}

/** An own cell that a change of the merge may replace. */
interface Endangered {
  row: RowAddress;
  packedKey: Uint8Array;
  column: string;
  ownValue: CellValue;
  otherSite: SiteId;
}

/** Watches one merge for own, unacknowledged edits that it replaces. Ask {@link before} each change, then {@link settle}. */
export class ConflictWatch {
  readonly #clocks: Cells;
  readonly #acknowledged: DbVersion;
  readonly #endangered = new Map<string, Endangered>();

  constructor(clocks: Cells, acknowledged: DbVersion) {
    this.#clocks = clocks;
    this.#acknowledged = acknowledged;
  }

  /** The change is about to be merged. */
  before(change: Change): void {
    const row = { table: change.table, key: unpackKey(change.key) ?? [] };
    const deletes = change.column === ROW_SENTINEL && change.causalLength % 2n === 0n;
    for (const { column } of this.#clocks.ownAfter(row, this.#acknowledged)) {
      if (column === ROW_SENTINEL || (!deletes && column !== change.column)) continue;
      const cell = `${change.table}/${column}/${change.key.join()}`;
      const known = this.#endangered.get(cell);
      const ownValue = known === undefined ? (this.#clocks.value(row, column) ?? null) : known.ownValue;
      const { key: packedKey, siteId: otherSite } = change;
      this.#endangered.set(cell, { row, packedKey, column, ownValue, otherSite });
    }
  }

  /** Everything is merged: writes down what was replaced, and returns how many edits that were. */
  settle(conflicts: Conflicts, happenedAt: number, ownSite: SiteId): number {
    let lost = 0;
    for (const { row, packedKey, column, ownValue, otherSite } of this.#endangered.values()) {
      if (this.#clocks.cell(row, column)?.own === true) continue;
      const now = this.#clocks.value(row, column);
      if (now !== undefined && sameValue(now, ownValue)) continue;
      const { table } = row;
      const rowDeleted = now === undefined;
      const otherValue = now ?? null;
      conflicts.add(packedKey, {
        table,
        column,
        happenedAt,
        ownValue,
        ownSite,
        otherValue,
        otherSite,
        rowDeleted,
      });
      lost += 1;
    }
    return lost;
  }
}
