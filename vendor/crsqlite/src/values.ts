import type { SqlValue } from './database.ts';
import { SqliteError } from './errors.ts';
import { BLOB, FLOAT, INTEGER, MISMATCH, MISUSE, OK, TEXT } from './result-codes.ts';
import type { Wasm } from './wasm.ts';

/** Whether numbers keep the storage class that JavaScript has no name for; see `Statement.exact`. */
export type Mode = 'plain' | 'exact';

/** Tells SQLite that the memory stays as it is until the statement has run, so that it need not copy it. */
const STATIC = 0;
const LOWEST_INTEGER = -(2n ** 63n);
const HIGHEST_INTEGER = 2n ** 63n - 1n;

// One 64-bit integer seen as two halves, in the WASM's byte order.
const halves = new Int32Array(2);
const whole = new BigInt64Array(halves.buffer);
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const LOW = littleEndian ? 0 : 1;
const HIGH = littleEndian ? 1 : 0;

/** Room needed in memory for the texts and blobs among the parameters, in bytes. */
export function bytesToBind(params: readonly SqlValue[]): number {
  let bytes = 0;
  for (const value of params) {
    if (typeof value === 'string') bytes += value.length * 3;
    else if (value instanceof Uint8Array) bytes += value.byteLength;
  }
  return bytes;
}

/**
 * Binds all parameters. Texts and blobs are laid out from `address` on, which must have room for {@link bytesToBind} and
 * stay untouched until the statement is reset.
 * @throws SqliteError constraint for a value that SQLite has no storage class for.
 */
export function bindAll(
  wasm: Wasm,
  statement: number,
  params: readonly SqlValue[],
  mode: Mode,
  address: number,
): void {
  const { call } = wasm;
  let free = address;
  let index = 0;
  for (const value of params) {
    index += 1;
    let code: number;
    if (typeof value === 'string') {
      const bytes = wasm.writeText(value, free);
      code = call._sqlite3_bind_text(statement, index, free, bytes, STATIC);
      free += bytes;
    } else if (typeof value === 'number') {
      code = bindNumber(wasm, statement, index, value, mode);
    } else if (value === null) {
      code = call._sqlite3_bind_null(statement, index);
    } else if (typeof value === 'bigint') {
      if (value < LOWEST_INTEGER || value > HIGHEST_INTEGER) {
        throw new SqliteError(`Parameter ${index} is an integer of more than 64 bits.`, MISMATCH);
      }
      whole[0] = value;
      code = call._sqlite3_bind_int64(statement, index, halves[LOW] ?? 0, halves[HIGH] ?? 0);
    } else if (value instanceof Uint8Array) {
      wasm.memory.set(value, free);
      code = call._sqlite3_bind_blob(statement, index, free, value.byteLength, STATIC);
      free += value.byteLength;
    } else {
      throw new SqliteError(`Parameter ${index} is ${typeof value}, which is not an SQL value.`, MISUSE);
    }
    if (code !== OK) throw new SqliteError(`Parameter ${index} was refused.`, code);
  }
}

function bindNumber(wasm: Wasm, statement: number, index: number, value: number, mode: Mode): number {
  if (mode === 'plain' && Number.isSafeInteger(value)) {
    const low = value | 0;
    return wasm.call._sqlite3_bind_int64(statement, index, low, (value - (low >>> 0)) / 0x1_0000_0000);
  }
  // SQLite would store NULL, and the value would be lost without a word.
  if (Number.isNaN(value)) throw new SqliteError(`Parameter ${index} is not a number (NaN).`, MISMATCH);
  // Adding zero turns -0 into 0: SQLite prints, compares and indexes them alike, but merges would tell them apart.
  return wasm.call._sqlite3_bind_double(statement, index, value + 0);
}

/** Reads a column of the current row by its storage class. */
export function readColumn(wasm: Wasm, statement: number, column: number, mode: Mode): SqlValue {
  const { call } = wasm;
  switch (call._sqlite3_column_type(statement, column)) {
    case INTEGER:
      return mode === 'exact' ? readBigInt(wasm, statement, column) : readInteger(wasm, statement, column);
    case FLOAT:
      return call._sqlite3_column_double(statement, column);
    case TEXT: {
      // The address first: asking for it may convert the text, which changes its length.
      const address = call._sqlite3_column_text(statement, column);
      return wasm.text(address, call._sqlite3_column_bytes(statement, column));
    }
    case BLOB: {
      const address = call._sqlite3_column_blob(statement, column);
      return wasm.memory.slice(address, address + call._sqlite3_column_bytes(statement, column));
    }
    default:
      return null;
  }
}

function readInteger(wasm: Wasm, statement: number, column: number): number | bigint {
  // As a double it is one call, and exact whenever the result is safe: no unsafe integer rounds into the safe range.
  const value = wasm.call._sqlite3_column_double(statement, column);
  return Number.isSafeInteger(value) ? value : readBigInt(wasm, statement, column);
}

function readBigInt(wasm: Wasm, statement: number, column: number): bigint {
  halves[LOW] = wasm.call._sqlite3_column_int64(statement, column);
  halves[HIGH] = wasm.call.getTempRet0();
  return whole[0] ?? 0n;
}
