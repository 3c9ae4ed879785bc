import type { Database } from '@octavo/crsqlite/database.ts';
import { ROW_SENTINEL } from '@octavo/protocol/change.ts';
import type { DbVersion, SiteId } from '@octavo/protocol/identity.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import { OWN_ORDINAL } from './clock-tables.ts';
import { quote } from './quote.ts';
import type { ReplicatedSchema } from './replicated-schema.ts';

/** A row: its table and its unpacked primary key. */
export interface RowAddress {
  table: string;
  key: readonly CellValue[];
}

/** What the clock says of one cell. */
export interface CellClock {
  column: string;
  columnVersion: bigint;
  version: DbVersion;
  /** Written by this replica. */
  own: boolean;
}

type CellRow = readonly [column: string, columnVersion: bigint, version: bigint, ordinal: bigint];

/** Single cells, by the primary key of their row. */
export class Cells {
  readonly #database: Database;
  readonly #schema: ReplicatedSchema;

  constructor(database: Database, schema: ReplicatedSchema) {
    this.#database = database;
    this.#schema = schema;
  }

  /** Undefined for a cell that nobody has written here. A row's sentinel counts as one. */
  cell(row: RowAddress, column: string): CellClock | undefined {
    const found = this.#select(row, 'AND col_name = ?').get(...row.key, column);
    return found === undefined ? undefined : toCell(found);
  }

  /** The cells of a row that this replica has written after a version and that nobody has changed since. */
  ownAfter(row: RowAddress, version: DbVersion): CellClock[] {
    return this.#select(row, `AND db_version > ? AND site_id = ${OWN_ORDINAL} AND col_version > 0`)
      .all(...row.key, version)
      .map(toCell);
  }

  /** What a column of a row holds; undefined where the row is not there. */
  value(row: RowAddress, column: string): CellValue | undefined {
    const { table, key } = row;
    return this.#database
      .prepare(`SELECT ${quote(column)} FROM ${quote(table)} WHERE ${this.#isRow(table)}`)
      .exact<[CellValue]>()
      .get(...key)?.[0];
  }

  exists(row: RowAddress): boolean {
    const { table, key } = row;
    const sql = `SELECT 1 FROM ${quote(table)} WHERE ${this.#isRow(table)}`;
    return (
      this.#database
        .prepare(sql)
        .exact()
        .get(...key) !== undefined
    );
  }

  /** Who wrote a cell, or deleted its row; undefined where nobody did. */
  author(row: RowAddress, column: string): SiteId | undefined {
    const ordinal = (this.#select(row, 'AND col_name = ?').get(...row.key, column) ??
      this.#select(row, 'AND col_name = ?').get(...row.key, ROW_SENTINEL))?.[3];
    if (ordinal === undefined) return undefined;
    return this.#database
      .prepare('SELECT site_id FROM crsql_site_id WHERE ordinal = ?')
      .exact<[SiteId]>()
      .get(ordinal)?.[0];
  }

  /** Edits a column as the application would, in the open transaction; makes the row where it is not there. */
  edit({ table, key }: RowAddress, column: string, value: CellValue): void {
    const names = [...(this.#schema.get(table)?.key ?? []).map(({ name }) => name), column].map(quote);
    this.#database
      .prepare(
        `INSERT INTO ${quote(table)} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
         ON CONFLICT DO UPDATE SET ${quote(column)} = excluded.${quote(column)}`,
      )
      .exact()
      .run(...key, value);
  }

  #select({ table }: RowAddress, condition: string) {
    return this.#database
      .prepare(
        `SELECT col_name, col_version, db_version, site_id FROM ${quote(`${table}__crsql_clock`)}
         WHERE key = (SELECT __crsql_key FROM ${quote(`${table}__crsql_pks`)} WHERE ${this.#isRow(table)}) ${condition}`,
      )
      .exact<CellRow>();
  }

  #isRow(table: string): string {
    const key = this.#schema.get(table)?.key ?? [];
    return key.map(({ name }) => `${quote(name)} = ?`).join(' AND ');
  }
}

function toCell([column, columnVersion, version, ordinal]: CellRow): CellClock {
  return { column, columnVersion, version, own: ordinal === OWN_ORDINAL };
}
