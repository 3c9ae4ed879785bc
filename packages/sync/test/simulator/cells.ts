import { toHex } from '@octavo/protocol/identity.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import { isKnownBeforeUpgrade } from '../world/upgraded-schema.ts';
import type { Replica } from '../../src/replica.ts';

/** What decides between two versions of one cell. */
export interface Cell {
  causalLength: bigint;
  columnVersion: bigint;
  value: CellValue;
}

/** Everything a replica holds, by row and column: what replicas must agree on, without versions and authors. */
export type Cells = ReadonlyMap<string, ReadonlyMap<string, Cell>>;

type CellRow = readonly [
  table: string,
  key: Uint8Array,
  column: string,
  value: CellValue,
  columnVersion: bigint,
  causalLength: bigint,
];

export function readCells(replica: Replica): Cells {
  return read(replica, 'TRUE');
}

/** What a replica has written itself and nobody has beaten there. */
export function readOwnCells(replica: Replica): Cells {
  return read(replica, 'site_id = crsql_site_id() AND col_version > 0');
}

function read(replica: Replica, condition: string): Cells {
  const rows = new Map<string, Map<string, Cell>>();
  const statement = replica.database
    .prepare(`SELECT "table", pk, cid, val, col_version, cl FROM crsql_changes WHERE ${condition}`)
    .exact<CellRow>();
  for (const [table, key, column, value, columnVersion, causalLength] of statement.iterate()) {
    const row = `${table}/${toHex(key)}`;
    let cells = rows.get(row);
    if (cells === undefined) {
      cells = new Map<string, Cell>();
      rows.set(row, cells);
    }
    cells.set(column, { causalLength, columnVersion, value });
  }
  return rows;
}

/** What of it a replica can hold whose schema has not been upgraded. */
export function beforeUpgrade(cells: Cells): Cells {
  const known = new Map<string, Map<string, Cell>>();
  for (const [row, columns] of cells) {
    const table = row.slice(0, row.indexOf('/'));
    const rest = [...columns].filter(([column]) => isKnownBeforeUpgrade(table, column));
    if (rest.length > 0) known.set(row, new Map(rest));
  }
  return known;
}

/** How many rows of `mine` hold a cell that `others` neither have nor beat. */
export function rowsMissing(mine: Cells, others: Cells): number {
  let count = 0;
  for (const [row, cells] of mine) {
    if (missing(new Map([[row, cells]]), others) !== undefined) count += 1;
  }
  return count;
}

/**
 * A cell of `older` that `newer` neither has nor beats, in words; undefined when there is none. This is the order by
 * which everything only ever grows: causal length of the row, then column version, then value.
 */
export function missing(older: Cells, newer: Cells): string | undefined {
  for (const [row, cells] of older) {
    const there = newer.get(row);
    for (const [column, cell] of cells) {
      if (there === undefined) return `${row} ${column} is not there`;
      if (longest(there) > cell.causalLength) continue;
      const other = there.get(column);
      if (other === undefined) return `${row} ${column} is not there, and the row did not outlive it`;
      if (compare(other, cell) < 0)
        return `${row} ${column} is ${describe(other)}, older than ${describe(cell)}`;
    }
  }
  return undefined;
}

/** Everything that either holds, the winner where both hold a cell. */
export function union(left: Cells, right: Cells): Cells {
  const joined = new Map<string, Map<string, Cell>>();
  for (const [row, cells] of left) joined.set(row, new Map(cells));
  for (const [row, cells] of right) {
    const there = joined.get(row);
    if (there === undefined || longest(cells) > longest(there)) {
      joined.set(row, new Map(cells));
      continue;
    }
    if (longest(there) > longest(cells)) continue;
    for (const [column, cell] of cells) {
      const other = there.get(column);
      if (other === undefined || compare(other, cell) < 0) there.set(column, cell);
    }
  }
  return joined;
}

function longest(cells: ReadonlyMap<string, Cell>): bigint {
  let length = 0n;
  for (const cell of cells.values()) if (cell.causalLength > length) length = cell.causalLength;
  return length;
}

function compare(left: Cell, right: Cell): number {
  if (left.causalLength !== right.causalLength) return left.causalLength < right.causalLength ? -1 : 1;
  if (left.columnVersion !== right.columnVersion) return left.columnVersion < right.columnVersion ? -1 : 1;
  const [a, b] = [order(left.value), order(right.value)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A text that sorts as cr-sqlite compares the values that the simulator writes: NULL, integers from 0, ASCII texts. */
function order(value: CellValue): string {
  if (value === null) return '0';
  if (typeof value === 'bigint') return `1${value.toString().padStart(20, '0')}`;
  return `3${String(value)}`;
}

function describe(cell: Cell): string {
  return `${String(cell.value)} (cl ${cell.causalLength}, version ${cell.columnVersion})`;
}
