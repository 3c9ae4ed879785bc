/**
 * The arithmetic of lines. A line is (note, isbn, warehouse); its quantity is the sum of one row per opening, and only
 * the own opening's row is ever written for quantities. So scans made apart add up, and a removal takes away exactly
 * the copies that were seen.
 */
import type { Database } from '@octavo/crsqlite/database.ts';
import type { ShopContext } from './context.ts';
import { ShopError } from './errors.ts';
import { MAX_QUANTITY } from './fields.ts';

export interface LineKey {
  readonly noteId: string;
  readonly isbn: string;
  /** '' while no warehouse is assigned. */
  readonly warehouseId: string;
}

/** What a line's copies are sold at. */
export interface LinePrice {
  readonly price: number | null;
  readonly discount: number | null;
}

export interface LineState extends LinePrice {
  /** The sum of the rows, which may be negative when two devices removed the same copies. */
  readonly sum: number;
  /** The own opening's part; undefined when it has no row yet. */
  readonly own: number | undefined;
  /** Whether any row exists. */
  readonly exists: boolean;
}

/** Reads a line as this opening sees it. */
export function readLine({ db, opening }: ShopContext, { noteId, isbn, warehouseId }: LineKey): LineState {
  const row = db
    .prepare<{
      rows: number;
      sum: number | null;
      own: number | null;
      price: number | null;
      discount: number | null;
    }>(
      `SELECT count(*) AS rows, sum(quantity) AS sum, max(quantity) FILTER (WHERE opening = ?) AS own,
         max(price) AS price, min(discount) AS discount
       FROM note_line WHERE note_id = ? AND isbn = ? AND warehouse_id = ?`,
    )
    .get(opening, noteId, isbn, warehouseId);
  return {
    sum: row?.sum ?? 0,
    own: row?.own ?? undefined,
    price: row?.price ?? null,
    discount: row?.discount ?? null,
    exists: (row?.rows ?? 0) > 0,
  };
}

/** Adds copies; a line that two devices removed twice starts again from none. */
export function addToLine(shop: ShopContext, key: LineKey, copies: number, fresh: LinePrice): void {
  const line = readLine(shop, key);
  writeSum(shop, key, line, Math.max(line.sum, 0) + copies, fresh);
}

/** Makes the line's sum the wanted quantity, counting from what is seen here. */
export function setLineSum(shop: ShopContext, key: LineKey, wanted: number, fresh: LinePrice): void {
  writeSum(shop, key, readLine(shop, key), wanted, fresh);
}

function writeSum(shop: ShopContext, key: LineKey, line: LineState, wanted: number, fresh: LinePrice): void {
  const own = (line.own ?? 0) + wanted - line.sum;
  if (own === (line.own ?? 0)) return;
  if (Math.abs(own) > MAX_QUANTITY || wanted > MAX_QUANTITY) {
    const message = `A line holds at most ${MAX_QUANTITY} copies.`;
    throw new ShopError('invalid-input', message, { issues: [{ path: 'quantity', message }] });
  }
  const { db, opening } = shop;
  if (line.own !== undefined) {
    db.prepare(
      'UPDATE note_line SET quantity = ? WHERE note_id = ? AND isbn = ? AND warehouse_id = ? AND opening = ?',
    ).run(own, key.noteId, key.isbn, key.warehouseId, opening);
    return;
  }
  const { price, discount } = line.exists && line.sum > 0 ? line : fresh;
  db.prepare(
    `INSERT INTO note_line (note_id, isbn, warehouse_id, opening, quantity, price, discount, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(key.noteId, key.isbn, key.warehouseId, opening, own, price, discount, shop.now());
}

/** Sets price or discount on every row of a line: for them the last writer wins, like for any field. */
export function setLineField(
  db: Database,
  { noteId, isbn, warehouseId }: LineKey,
  column: 'price' | 'discount',
  value: number | null,
): void {
  db.prepare(
    `UPDATE note_line SET ${column} = ?1
     WHERE note_id = ?2 AND isbn = ?3 AND warehouse_id = ?4 AND ${column} IS NOT ?1`,
  ).run(value, noteId, isbn, warehouseId);
}

/**
 * Moves the copies of every line of one ISBN to another, note by note. The old rows are brought to a sum of 0, not
 * deleted: a scan made elsewhere at the same time still shows up, under the ISBN that was scanned.
 */
export function mergeLinesInto(shop: ShopContext, { from, to }: { from: string; to: string }): void {
  const lines = shop.db
    .prepare<{ noteId: string; warehouseId: string }>(
      'SELECT DISTINCT note_id AS noteId, warehouse_id AS warehouseId FROM note_line WHERE isbn = ?',
    )
    .all(from);
  for (const { noteId, warehouseId } of lines)
    moveLine(shop, { noteId, warehouseId, isbn: from }, { noteId, warehouseId, isbn: to });
}

/** Brings every line of a note to 0 copies. */
export function clearLines(shop: ShopContext, noteId: string): void {
  const lines = shop.db
    .prepare<{ isbn: string; warehouseId: string }>(
      'SELECT DISTINCT isbn, warehouse_id AS warehouseId FROM note_line WHERE note_id = ?',
    )
    .all(noteId);
  for (const { isbn, warehouseId } of lines) {
    const key = { noteId, isbn, warehouseId };
    setLineSum(shop, key, 0, readLine(shop, key));
  }
}

/** Moves copies of a line (all by default) to another key, at the price and discount given or at their own. */
export function moveLine(
  shop: ShopContext,
  from: LineKey,
  to: LineKey,
  at?: LinePrice,
  copies = Infinity,
): void {
  const line = readLine(shop, from);
  const present = Math.max(line.sum, 0);
  const moved = Math.min(present, copies);
  setLineSum(shop, from, present - moved, line);
  if (moved > 0) addToLine(shop, to, moved, at ?? line);
}
