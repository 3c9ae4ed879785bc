import type { Database } from '@octavo/crsqlite/database.ts';
import { ROW_SENTINEL, type Transaction } from '@octavo/protocol/change.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import type { Replica } from '../replica.ts';
import type { RowAddress } from '../storage/cells.ts';
import { ClockTables } from '../storage/clock-tables.ts';
import { unpackKey } from '../storage/packed-key.ts';
import { quote } from '../storage/quote.ts';
import { readReplicatedSchema } from '../storage/replicated-schema.ts';
import { sameValue } from '../storage/same-value.ts';
import { readUnsent } from './unsent.ts';

/** A record of one database that another one has not, or has otherwise. */
export interface Difference extends RowAddress {
  /** What its cells hold there. */
  cells: readonly { column: string; value: CellValue }[];
  /** It was deleted there, and stands here. */
  deleted: boolean;
}

/** A table that both databases have: its key, and the other columns that both know. */
interface SharedTable {
  table: string;
  key: readonly string[];
  columns: readonly string[];
}

const PAGE = 500;

/**
 * Every record of an old database that a replica lacks or has otherwise, in pages [WO-2]. Where the two are of different
 * lineages their column versions say nothing about each other, so values are compared. What only the replica has is no
 * difference.
 */
export function* differencesFrom(old: Database, replica: Replica, page = PAGE): Generator<Difference[]> {
  for (const shared of sharedTables(old, replica.database)) {
    yield* livingRows(old, replica.database, shared, page);
    yield* deletedRows(old, replica, shared, page);
  }
}

/**
 * The records of an old replica that hold work which no server has confirmed, with what has to be edited here to have
 * that work too; nothing where it is here already. Of a record that is here only the unsent cells are told. `after` leaves
 * out what was written before: it is a version of the old log.
 */
export function* unsentDifferences(old: Replica, replica: Replica, after = 0n): Generator<Difference[]> {
  const tables = new Map(
    sharedTables(old.database, replica.database).map((shared) => [shared.table, shared]),
  );
  for (const transactions of readUnsent(old, { after })) {
    yield unsentRecords(transactions).flatMap(({ row, columns }): Difference[] => {
      const shared = tables.get(row.table);
      if (shared === undefined) return [];
      const mine = readRow(old.database, shared, row.key);
      const present = readRow(replica.database, shared, row.key);
      if (mine === undefined) return [{ ...row, cells: [], deleted: present !== undefined }];
      const cells = differing(shared, mine, present).filter(
        ({ column }) => present === undefined || columns.has(column),
      );
      return [{ ...row, cells, deleted: false }];
    });
  }
}

/** What a person chooses by, who has one shop here and finds another one on the server [WO-1]. */
export interface DifferenceCounts {
  /** Records with work that no server has confirmed. */
  neverSent: number;
  /** Other records that this browser has and the server's shop lacks or has otherwise. */
  onlyHere: number;
}

/** Counts them, page by page, and returns the counts in the end. */
export function* countDifferences(
  old: Replica,
  replica: Replica,
): Generator<undefined, DifferenceCounts, undefined> {
  const unsent = new Set<string>();
  for (const transactions of readUnsent(old)) {
    for (const { row } of unsentRecords(transactions)) unsent.add(name(row));
    yield undefined;
  }
  let onlyHere = 0;
  for (const page of differencesFrom(old.database, replica)) {
    for (const difference of page) if (!unsent.has(name(difference))) onlyHere += 1;
    yield undefined;
  }
  return { neverSent: unsent.size, onlyHere };
}

function name({ table, key }: RowAddress): string {
  return JSON.stringify([table, ...key.map(String)]);
}

/** Cells that a resurrection has set back are nobody's work, and go with their row [V-4]. */
function unsentRecords(transactions: readonly Transaction[]): { row: RowAddress; columns: Set<string> }[] {
  const records = new Map<string, { row: RowAddress; columns: Set<string> }>();
  for (const { changes } of transactions) {
    for (const { table, key, column, columnVersion } of changes) {
      if (columnVersion === 0n) continue;
      const row = { table, key: unpackKey(key) ?? [] };
      const record = records.get(name(row)) ?? { row, columns: new Set() };
      if (column !== ROW_SENTINEL) record.columns.add(column);
      records.set(name(row), record);
    }
  }
  return [...records.values()];
}

function sharedTables(old: Database, present: Database): SharedTable[] {
  const there = readReplicatedSchema(old, new ClockTables(old).tables);
  const here = readReplicatedSchema(present, new ClockTables(present).tables);
  return [...here].flatMap(([table, shape]) => {
    const columns = there.get(table)?.columns;
    if (columns === undefined) return [];
    const key = shape.key.map((column) => column.name);
    return [{ table, key, columns: [...shape.columns.keys()].filter((column) => columns.has(column)) }];
  });
}

function* livingRows(
  old: Database,
  present: Database,
  shared: SharedTable,
  limit: number,
): Generator<Difference[]> {
  const key = shared.key.map(quote).join(', ');
  const columns = [...shared.key, ...shared.columns].map(quote).join(', ');
  const select = (condition: string) =>
    old
      .prepare(`SELECT ${columns} FROM ${quote(shared.table)} ${condition} ORDER BY ${key} LIMIT ${limit}`)
      .exact<CellValue[]>();
  let rows = select('').all();
  while (rows.length > 0) {
    const last = rows.at(-1)?.slice(0, shared.key.length) ?? [];
    yield rows.flatMap((row) => {
      const address = row.slice(0, shared.key.length);
      const mine = row.slice(shared.key.length);
      const there = readRow(present, shared, address);
      const cells = differing(shared, mine, there);
      if (there !== undefined && cells.length === 0) return [];
      return [{ table: shared.table, key: address, cells, deleted: false }];
    });
    if (rows.length < limit) return;
    rows = select(`WHERE (${key}) > (${shared.key.map(() => '?').join(', ')})`).all(...last);
  }
}

/** Rows that were deleted in the old database: their keys are in cr-sqlite's tables, with an even causal length. */
function* deletedRows(
  old: Database,
  replica: Replica,
  { table, key }: SharedTable,
  limit: number,
): Generator<Difference[]> {
  const select = old
    .prepare(
      `SELECT clock.key, ${key.map((column) => `row.${quote(column)}`).join(', ')}
       FROM ${quote(`${table}__crsql_clock`)} AS clock JOIN ${quote(`${table}__crsql_pks`)} AS row ON row.__crsql_key = clock.key
       WHERE clock.col_name = '${ROW_SENTINEL}' AND clock.col_version % 2 = 0 AND clock.key > ?
       ORDER BY clock.key LIMIT ${limit}`,
    )
    .exact<[bigint, ...CellValue[]]>();
  let last = -1n;
  for (let rows = select.all(last); rows.length > 0; rows = select.all(last)) {
    const deleted = rows.map(([, ...address]) => ({ table, key: address, cells: [], deleted: true }));
    yield deleted.filter((row) => replica.cells.exists(row));
    last = rows.at(-1)?.[0] ?? last;
  }
}

function readRow(
  database: Database,
  { table, key, columns }: SharedTable,
  address: readonly CellValue[],
): CellValue[] | undefined {
  // A row of nothing but a key still answers with something.
  const selected = columns.length === 0 ? 'NULL' : columns.map(quote).join(', ');
  const isRow = key.map((column) => `${quote(column)} = ?`).join(' AND ');
  return database
    .prepare(`SELECT ${selected} FROM ${quote(table)} WHERE ${isRow}`)
    .exact<CellValue[]>()
    .get(...address);
}

function differing(
  { columns }: SharedTable,
  mine: readonly CellValue[],
  present: readonly CellValue[] | undefined,
): { column: string; value: CellValue }[] {
  return columns.flatMap((column, index) => {
    const value = mine[index] ?? null;
    const same = present !== undefined && sameValue(value, present[index] ?? null);
    return same ? [] : [{ column, value }];
  });
}
