import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

const VERSION_BYTES = 16;

/**
 * A short name for what somebody saw when deciding: equal for equal rows in any order, on every replica, whoever
 * merged what when. Db versions would not do: each replica counts its own.
 */
export function versionOf(rows: readonly (readonly (string | number | null)[])[]): string {
  const text = rows
    .map((row) => JSON.stringify(row))
    .sort()
    .join('\n');
  return bytesToHex(sha256(new TextEncoder().encode(text)).subarray(0, VERSION_BYTES));
}
