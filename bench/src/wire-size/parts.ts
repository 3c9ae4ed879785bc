import { ByteWriter } from '@octavo/protocol/bytes.ts';
import { cellValue } from '@octavo/protocol/value.ts';
import type { VersionedChange } from './peers-encoding.ts';

/** Bytes that any encoding has to carry somehow, and what is left for everything else. */
export interface Parts {
  /** Values without what tells their kind and length. */
  values: number;
  /** The packed key of each row, once per row and transaction. */
  keys: number;
}

export function partsOf(changes: readonly VersionedChange[]): Parts {
  const rows = new Map<string, number>();
  const writer = new ByteWriter(64 * 1024);
  let values = 0;
  for (const { version, table, key, value } of changes) {
    rows.set(`${version} ${table} ${key.join()}`, key.length);
    if (value === null) continue;
    const before = writer.length;
    cellValue.write(writer, value);
    values += writer.length - before - overhead(value);
  }
  return { values, keys: [...rows.values()].reduce((sum, length) => sum + length, 0) };
}

/** The byte that tells the kind, and the length of what has one (below 128 bytes, as nearly all are). */
function overhead(value: VersionedChange['value']): number {
  return typeof value === 'string' || value instanceof Uint8Array ? 2 : 1;
}
