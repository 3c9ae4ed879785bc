import type { Database } from '@octavo/crsqlite/database.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import { quote } from './quote.ts';

/** cr-sqlite's number for "this replica" in the clock tables; every other site gets the next one when first seen. */
export const OWN_ORDINAL = 0n;

/** A condition on the rows of a table's clock, in SQL. */
export type CellFilter = (table: string) => string;

/**
 * cr-sqlite keeps the versions of each replicated table's cells in a table of its own, indexed by db version. Reading
 * them directly gives the head [V-1], counts and ranges at the cost of the answer, without unpacking a single value.
 */
export class ClockTables {
  readonly #database: Database;
  /** Names of the replicated tables. */
  readonly tables: readonly string[];

  constructor(database: Database) {
    this.#database = database;
    this.tables = database
      .prepare<{ name: string }>(
        `SELECT substr(name, 1, length(name) - length('__crsql_clock')) AS name FROM sqlite_master
         WHERE type = 'table' AND name LIKE '%\\_\\_crsql\\_clock' ESCAPE '\\' ORDER BY name`,
      )
      .all()
      .map((row) => row.name);
  }

  /**
   * Orders cr-sqlite's index of each log also by sequence, so that a large transaction is read in pages at the cost of
   * each page, not of the whole transaction for every one of them.
   */
  orderBySequence(): void {
    for (const table of this.tables) {
      const index = quote(`${table}__crsql_clock_dbv_idx`);
      const columns = this.#database
        .prepare<{ name: string }>('SELECT name FROM pragma_index_info(?)')
        .all(`${table}__crsql_clock_dbv_idx`);
      if (columns.some(({ name }) => name === 'seq')) continue;
      this.#database.transaction(() => {
        this.#database.exec(
          `DROP INDEX IF EXISTS ${index}; CREATE INDEX ${index} ON ${clock(table)} (db_version, seq)`,
        );
      })();
    }
  }

  /** The largest version in the log [V-1]; 0 while it is empty. */
  head(): DbVersion {
    let head = 0n;
    for (const table of this.tables) {
      const [version] = this.#exact<[bigint | null]>(`SELECT max(db_version) FROM ${clock(table)}`).get() ?? [
        null,
      ];
      if (version !== null && version > head) head = version;
    }
    return head;
  }

  /**
   * Distinct records with own cells above `acknowledged`, and with cells of any author up to `offeredThrough`, by table
   * [OF-2, V-4]. Costs the size of the backlog.
   */
  pendingByTable(acknowledged: DbVersion, offeredThrough: DbVersion): Map<string, number> {
    const pending = new Map<string, number>();
    for (const table of this.tables) {
      const [count] = this.#exact<[bigint]>(
        `SELECT count(DISTINCT key) FROM ${clock(table)}
         WHERE db_version > ? AND (site_id = ${OWN_ORDINAL} OR db_version <= ?) AND col_version > 0`,
      ).get(acknowledged, offeredThrough) ?? [0n];
      if (count > 0n) pending.set(table, Number(count));
    }
    return pending;
  }

  /**
   * The end of the next stretch of the log above `after` that holds about `limit` cells which the filter lets through:
   * at most that many per table, unless one version alone has more. `undefined` when no such cell is left up to `head`.
   */
  nextStretch(after: DbVersion, head: DbVersion, filter: CellFilter, limit: number): DbVersion | undefined {
    let end: DbVersion | undefined;
    let found = false;
    for (const table of this.tables) {
      const cells = `FROM ${clock(table)} WHERE db_version > ? AND db_version <= ? AND ${filter(table)} ORDER BY db_version LIMIT 1`;
      const first = this.#exact<[bigint]>(`SELECT db_version ${cells}`).get(after, head);
      if (first === undefined) continue;
      found = true;
      const nth = this.#exact<[bigint]>(`SELECT db_version ${cells} OFFSET ?`).get(
        after,
        head,
        BigInt(limit - 1),
      );
      if (nth !== undefined && (end === undefined || nth[0] < end)) end = nth[0];
    }
    return found ? (end ?? head) : undefined;
  }

  /** The first version above another that holds own cells; undefined when there is none. */
  firstOwnAfter(after: DbVersion): DbVersion | undefined {
    let first: DbVersion | undefined;
    for (const table of this.tables) {
      const [version] = this.#exact<[bigint]>(
        `SELECT db_version FROM ${clock(table)} WHERE db_version > ? AND site_id = ${OWN_ORDINAL} ORDER BY db_version LIMIT 1`,
      ).get(after) ?? [undefined];
      if (version !== undefined && (first === undefined || version < first)) first = version;
    }
    return first;
  }

  /** How many cells above a version the filter lets through. Counting stops at `most` in each table. */
  count(after: DbVersion, filter: CellFilter, most: number): number {
    let cells = 0;
    for (const table of this.tables) {
      const [found] = this.#exact<[bigint]>(
        `SELECT count(*) FROM (SELECT 1 FROM ${clock(table)} WHERE db_version > ? AND ${filter(table)} LIMIT ?)`,
      ).get(after, BigInt(most)) ?? [0n];
      cells += Number(found);
    }
    return cells;
  }

  /** cr-sqlite's number for a site in the clock tables; `undefined` while nothing of that site is here. */
  ordinalOf(siteId: Uint8Array): bigint | undefined {
    return this.#exact<[bigint]>('SELECT ordinal FROM crsql_site_id WHERE site_id = ?').get(siteId)?.[0];
  }

  /**
   * Gives the file a new identity, in the open transaction [ID-1]: what is acknowledged keeps its author under a
   * number of its own, the rest becomes the new identity's. cr-sqlite makes the new site id when the file is opened.
   */
  giveUpIdentity(acknowledged: DbVersion): void {
    const [ordinal] = this.#exact<[bigint]>('SELECT max(ordinal) + 1 FROM crsql_site_id').get() ?? [1n];
    this.#database.prepare('UPDATE crsql_site_id SET ordinal = ? WHERE ordinal = 0').run(ordinal);
    for (const table of this.tables) {
      this.#database
        .prepare(`UPDATE ${clock(table)} SET site_id = ? WHERE site_id = ${OWN_ORDINAL} AND db_version <= ?`)
        .run(ordinal, acknowledged);
    }
  }

  #exact<Values extends readonly (bigint | null)[]>(sql: string) {
    return this.#database.prepare(sql).exact<Values>();
  }
}

function clock(table: string): string {
  return quote(`${table}__crsql_clock`);
}
