import type { Row, SqlValue } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';

/**
 * SQLite's values as JSON. What JSON has is written plainly; the rest is an object with one key:
 *
 * | value | form |
 * | --- | --- |
 * | INTEGER beyond ±(2^53 − 1) | `{ "$integer": "9223372036854775807" }` |
 * | BLOB | `{ "$blob": "00ff" }`, in hexadecimal |
 * | REAL that is no JSON number | `{ "$real": "Infinity" }` |
 *
 * A plain number that is whole is bound as INTEGER; `{ "$real": "2" }` binds it as REAL. `true` and `false` are 1 and 0.
 */
const bindValue = v.union([
  v.null(),
  v.string(),
  v.pipe(
    v.number(),
    v.check(
      (value) => !Number.isInteger(value) || Number.isSafeInteger(value),
      'Integers beyond 2^53 are written { "$integer": "…" }.',
    ),
  ),
  v.pipe(
    v.boolean(),
    v.transform((value) => (value ? 1 : 0)),
  ),
  v.pipe(
    v.strictObject({ $integer: v.pipe(v.string(), v.regex(/^-?\d{1,19}$/)) }),
    v.transform(({ $integer }) => BigInt($integer)),
    v.check((value) => BigInt.asIntN(64, value) === value, 'SQLite stores integers of 64 bits.'),
  ),
  v.pipe(
    v.strictObject({ $blob: v.pipe(v.string(), v.regex(/^(?:[\da-f]{2})*$/i)) }),
    v.transform(({ $blob }) => new Uint8Array(Buffer.from($blob, 'hex'))),
  ),
  v.pipe(
    v.strictObject({ $real: v.picklist(['Infinity', '-Infinity']) }),
    v.transform(({ $real }) => Number($real)),
  ),
]);

/** The `bind` of a request. */
export const bindSchema = v.array(bindValue);

/** `{ rows }` as JSON in the forms above. Throws RangeError when that is longer than a string can be. */
export function rowsToJson(rows: readonly Row[] | null): string {
  return valuesToJson({ rows });
}

/** Anything with SQLite's values in it, as JSON in the forms above. Integers that JSON has are plain numbers. */
export function valuesToJson(content: object): string {
  return JSON.stringify(content, (_key, value: unknown) => (isSqlOnly(value) ? toTagged(value) : value));
}

function isSqlOnly(value: unknown): value is bigint | number | Uint8Array {
  return (
    typeof value === 'bigint' ||
    value instanceof Uint8Array ||
    (typeof value === 'number' && !Number.isFinite(value))
  );
}

function toTagged(value: Exclude<SqlValue, null | string>): object | number {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : { $integer: String(value) };
  }
  if (typeof value === 'number') return { $real: String(value) };
  return { $blob: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex') };
}
