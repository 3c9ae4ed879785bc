import type { CellValue } from '@octavo/protocol/value.ts';

/** The low three bits of a packed value's first byte: SQLite's numbers of the storage classes. */
const INTEGER = 1;
const REAL = 2;
const TEXT = 3;
const BLOB = 4;
const NULL = 5;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Unpacks a primary key as cr-sqlite packs it: the number of columns in a byte; for each a byte with the storage class
 * (low three bits) and the width of the integer that follows (high five), an integer or a length big-endian in so many
 * bytes, then the bytes of a text or blob. See `pack_columns` in cr-sqlite's `core/rs/core/src/pack_columns.rs`.
 *
 * Returns undefined for anything else: such a key makes the WASM trap.
 */
export function unpackKey(key: Uint8Array): CellValue[] | undefined {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const columns = key[0];
  if (columns === undefined || columns === 0) return undefined;
  const values: CellValue[] = [];
  let position = 1;

  /** Reads a big-endian integer of `width` bytes, or undefined beyond the end. */
  const integer = (width: number): bigint | undefined => {
    if (width > 8 || position + width > key.length) return undefined;
    let value = 0n;
    for (let index = 0; index < width; index += 1)
      value = (value << 8n) | BigInt(view.getUint8(position + index));
    position += width;
    return value;
  };

  for (let column = 0; column < columns; column += 1) {
    const header = key[position];
    if (header === undefined) return undefined;
    position += 1;
    const width = header >> 3;
    switch (header & 7) {
      case NULL:
        values.push(null);
        break;
      case INTEGER: {
        const value = integer(width);
        if (value === undefined) return undefined;
        // Narrow integers are not sign-extended: a negative one always takes eight bytes.
        values.push(BigInt.asIntN(64, value));
        break;
      }
      case REAL:
        if (position + 8 > key.length) return undefined;
        values.push(view.getFloat64(position));
        position += 8;
        break;
      case TEXT:
      case BLOB: {
        const length = integer(width);
        if (length === undefined || length > BigInt(key.length - position)) return undefined;
        const bytes = key.subarray(position, position + Number(length));
        position += bytes.length;
        if ((header & 7) === BLOB) {
          values.push(bytes);
          break;
        }
        const text = decodeText(bytes);
        if (text === undefined) return undefined;
        values.push(text);
        break;
      }
      default:
        return undefined;
    }
  }
  return position === key.length ? values : undefined;
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    // Not UTF-8: the caller treats the whole key as malformed.
    return undefined;
  }
}
