import type { CellValue } from '@octavo/protocol/value.ts';

/** Whether two values are the same, storage class included. */
export function sameValue(left: CellValue, right: CellValue): boolean {
  if (left instanceof Uint8Array && right instanceof Uint8Array)
    return left.length === right.length && left.every((byte, index) => byte === right[index]);
  return left === right;
}
