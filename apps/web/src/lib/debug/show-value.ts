import type { SqlValue } from '@octavo/crsqlite/database.ts';
import { toHex } from '@octavo/protocol/identity.ts';

/** A value as SQLite's own shell would show it. */
export function showValue(value: SqlValue | undefined): string {
  if (value === null || value === undefined) return 'NULL';
  return value instanceof Uint8Array ? `x'${toHex(value)}'` : String(value);
}
