import type { Database } from '@octavo/crsqlite/database.ts';
import type { Change, Transaction } from '@octavo/protocol/change.ts';
import type { DbVersion, SiteId } from '@octavo/protocol/identity.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import { type ClockTables, OWN_ORDINAL } from './clock-tables.ts';
import { IS_RETURNED, type ReturnedVersions } from './returned-versions.ts';

/**
 * For whom the log is read. A server gets what the client wrote itself, and of every author what lies inside an open
 * offer; a client gets everything that it did not
 * write itself, and its own work where somebody else returned it. Both get the cells that a resurrected row has set back to column version 0: they keep their author
 * and are nobody's news otherwise [V-4].
 */
export type Audience = { role: 'server'; offeredThrough: DbVersion } | { role: 'client'; siteId: SiteId };

/** A place in the log: everything up to `version`, and of the next one what comes before `sequence`. */
export interface LogPosition {
  version: DbVersion;
  /** Set while a transaction too large for one batch is being read: its version and the first sequence not yet read. */
  inside: { version: DbVersion; sequence: number } | undefined;
}

export interface LogStretch {
  transactions: Transaction[];
  /** Where to read on. */
  position: LogPosition;
}

/** A stretch ends when it has reached either. */
export interface StretchLimits {
  bytes: number;
  changes: number;
}

type ChangeRow = readonly [
  table: string,
  key: Uint8Array,
  column: string,
  value: CellValue,
  columnVersion: bigint,
  dbVersion: bigint,
  siteId: Uint8Array,
  causalLength: bigint,
  sequence: bigint,
];

const SELECT = `SELECT "table", pk, cid, val, col_version, db_version, site_id, cl, seq FROM crsql_changes`;

/** What a change weighs besides its value and key: an estimate that errs on the large side. */
const CHANGE_OVERHEAD_BYTES = 8;

/** Reads a replica's log in whole transactions and bounded stretches. */
export class LogReader {
  readonly #database: Database;
  readonly #clockTables: ClockTables;
  readonly #returned: ReturnedVersions;
  readonly #audience: Audience;

  constructor(database: Database, clockTables: ClockTables, returned: ReturnedVersions, audience: Audience) {
    this.#database = database;
    this.#clockTables = clockTables;
    this.#returned = returned;
    this.#audience = audience;
  }

  /**
   * What the audience has not seen after `from`, up to `head`, which was fixed before [V-2]. The position moves by
   * whole versions, except inside a transaction that is larger than the limits.
   */
  read(from: LogPosition, head: DbVersion, limits: StretchLimits): LogStretch {
    const stretch = new StretchBuilder(limits);
    if (from.inside !== undefined) {
      const { version, sequence } = from.inside;
      if (!this.#readInto(stretch, 'db_version = ? AND seq >= ?', [version, BigInt(sequence)]))
        return stretch.cut();
      stretch.through(version);
    }
    const after = from.inside?.version ?? from.version;
    const end = this.#clockTables.nextStretch(after, head, this.#clockFilter(), limits.changes);
    if (end === undefined) {
      stretch.through(head > after ? head : after);
    } else if (this.#readInto(stretch, 'db_version > ? AND db_version <= ?', [after, end])) {
      stretch.through(end);
    }
    return stretch.cut();
  }

  /** Returns whether everything that matches fitted. */
  #readInto(stretch: StretchBuilder, range: string, bounds: readonly bigint[]): boolean {
    const [filter, params] = this.#changesFilter();
    const statement = this.#database
      .prepare(`${SELECT} WHERE ${range} AND ${filter} ORDER BY db_version, seq`)
      .exact<ChangeRow>();
    for (const row of statement.iterate(...bounds, ...params)) {
      if (!stretch.add(row)) return false;
    }
    return true;
  }

  #changesFilter(): [string, (Uint8Array | bigint)[]] {
    switch (this.#audience.role) {
      case 'server':
        return [
          '(site_id = crsql_site_id() OR col_version = 0 OR db_version <= ?)',
          [this.#audience.offeredThrough],
        ];
      case 'client':
        return [`(site_id IS NOT ? OR col_version = 0${this.#orReturned()})`, [this.#audience.siteId]];
    }
  }

  /** Asked only where there is something: it costs a look-up for every cell of the client's own. */
  #orReturned(): string {
    return this.#returned.any() ? ` OR ${IS_RETURNED}` : '';
  }

  #clockFilter(): string {
    switch (this.#audience.role) {
      case 'server':
        return `(site_id = ${OWN_ORDINAL} OR col_version = 0 OR db_version <= ${this.#audience.offeredThrough})`;
      case 'client': {
        const ordinal = this.#clockTables.ordinalOf(this.#audience.siteId);
        return ordinal === undefined
          ? 'TRUE'
          : `(site_id <> ${ordinal} OR col_version = 0${this.#orReturned()})`;
      }
    }
  }
}

/** Collects changes into transactions and knows when to stop: at a transaction's end, or inside one that is too large. */
class StretchBuilder {
  readonly #limits: StretchLimits;
  readonly #transactions: Transaction[] = [];
  #bytes = 0;
  #changes = 0;
  #position: LogPosition | undefined;

  constructor(limits: StretchLimits) {
    this.#limits = limits;
  }

  /** Takes a change, or says that the stretch is full and remembers where the next one starts. */
  add(row: ChangeRow): boolean {
    const [table, key, column, value, columnVersion, version, siteId, causalLength, sequence] = row;
    let transaction = this.#transactions.at(-1);
    if (this.#bytes >= this.#limits.bytes || this.#changes >= this.#limits.changes) {
      this.#position =
        transaction?.version === version
          ? { version: version - 1n, inside: { version, sequence: Number(sequence) } }
          : { version: version - 1n, inside: undefined };
      return false;
    }
    if (transaction?.version !== version) {
      transaction = { version, changes: [] };
      this.#transactions.push(transaction);
    }
    const change: Change = {
      table,
      key,
      column,
      value,
      columnVersion,
      siteId,
      causalLength,
      sequence: Number(sequence),
    };
    transaction.changes.push(change);
    this.#changes += 1;
    this.#bytes += CHANGE_OVERHEAD_BYTES + key.length + valueBytes(value);
    return true;
  }

  /** Everything up to this version has been read. */
  through(version: DbVersion): void {
    this.#position = { version, inside: undefined };
  }

  cut(): LogStretch {
    if (this.#position === undefined)
      throw new Error('A stretch of the log was cut before anything was read.');
    return { transactions: this.#transactions, position: this.#position };
  }
}

function valueBytes(value: CellValue): number {
  if (typeof value === 'string') return value.length * 2;
  if (value instanceof Uint8Array) return value.length;
  return 8;
}
