import type { Database } from '@octavo/crsqlite/database.ts';
import type { DbVersion, SiteId } from '@octavo/protocol/identity.ts';
import { type ChangeRow, SELECT_CHANGES } from './change-rows.ts';
import { type CellFilter, type ClockTables, OWN_ORDINAL } from './clock-tables.ts';
import type { ColumnSelection } from './schema-history.ts';
import { type LogPosition, type LogStretch, StretchBuilder, type StretchLimits } from './log-stretch.ts';
import { IS_RETURNED, type ReturnedVersions } from './returned-versions.ts';
import type { SharedStretches } from './shared-stretches.ts';

/**
 * For whom the log is read. A server gets what the client wrote itself, and of every author what lies inside an open
 * offer; a client gets everything that it did not write itself, and its own work where somebody else returned it. Both
 * get the cells that a resurrected row has set back to column version 0: they keep their author and are nobody's news
 * otherwise [V-4]. A client of another schema gets a selection of columns [HS-2]. A copy gets everything [CC-1].
 */
export type Audience =
  | { role: 'server'; offeredThrough: DbVersion }
  | { role: 'client'; siteId: SiteId; columns: ColumnSelection | 'all' }
  | { role: 'copy' };

/** What reading the log needs of its replica. */
export interface LogGround {
  database: Database;
  clockTables: ClockTables;
  returned: ReturnedVersions;
  shared: SharedStretches;
}

/** Reads a replica's log in whole transactions and bounded stretches. */
export class LogReader {
  readonly #database: Database;
  readonly #clockTables: ClockTables;
  readonly #returned: ReturnedVersions;
  readonly #shared: SharedStretches;
  readonly #audience: Audience;

  constructor({ database, clockTables, returned, shared }: LogGround, audience: Audience) {
    this.#database = database;
    this.#clockTables = clockTables;
    this.#returned = returned;
    this.#shared = shared;
    this.#audience = audience;
  }

  /**
   * What the audience has not seen after `from`, up to `head`, which was fixed before [V-2]. The position moves by
   * whole versions, except inside a transaction that is larger than the limits.
   */
  read(from: LogPosition, head: DbVersion, limits: StretchLimits): LogStretch {
    const shared = this.#readShared(from, head, limits);
    if (shared !== undefined) return shared;
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

  /** How many changes the audience has not seen after a version, at most so many of each table. */
  count(after: DbVersion, most: number): number {
    return this.#clockTables.count(after, this.#clockFilter(), most);
  }

  /** What others who stand here get as well. */
  #readShared(from: LogPosition, head: DbVersion, limits: StretchLimits): LogStretch | undefined {
    const audience = this.#audience;
    if (audience.role !== 'client' || audience.columns !== 'all') return undefined;
    if (from.inside !== undefined || from.version >= head) return undefined;
    return this.#shared.forClient(audience.siteId, from.version, head, limits);
  }

  /** Returns whether everything that matches fitted. */
  #readInto(stretch: StretchBuilder, range: string, bounds: readonly bigint[]): boolean {
    const [filter, params] = this.#changesFilter();
    const statement = this.#database
      .prepare(`${SELECT_CHANGES} WHERE ${range} AND ${filter} ORDER BY db_version, seq`)
      .exact<ChangeRow>();
    for (const row of statement.iterate(...bounds, ...params)) {
      if (this.#isSelected(row) && !stretch.add(row)) return false;
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
      case 'copy':
        return ['TRUE', []];
    }
  }

  /** Asked only where there is something: it costs a look-up for every cell of the client's own. */
  #orReturned(): string {
    return this.#returned.any() ? ` OR ${IS_RETURNED}` : '';
  }

  #isSelected([table, , column]: ChangeRow): boolean {
    const columns = this.#columns();
    return columns === 'all' || columns.get(table)?.has(column) === true;
  }

  #columns(): ColumnSelection | 'all' {
    return this.#audience.role === 'client' ? this.#audience.columns : 'all';
  }

  #clockFilter(): CellFilter {
    const cells = this.#cellsFilter();
    const selection = this.#columns();
    if (selection === 'all') return () => cells;
    return (table) => {
      const columns = selection.get(table);
      return columns === undefined
        ? 'FALSE'
        : `${cells} AND col_name IN (${[...columns].map(literal).join(', ')})`;
    };
  }

  #cellsFilter(): string {
    switch (this.#audience.role) {
      case 'server':
        return `(site_id = ${OWN_ORDINAL} OR col_version = 0 OR db_version <= ${this.#audience.offeredThrough})`;
      case 'client': {
        const ordinal = this.#clockTables.ordinalOf(this.#audience.siteId);
        return ordinal === undefined
          ? 'TRUE'
          : `(site_id <> ${ordinal} OR col_version = 0${this.#orReturned()})`;
      }
      case 'copy':
        return 'TRUE';
    }
  }
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
