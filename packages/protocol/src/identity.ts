import { bytes, type Decoded, struct, varint } from './codec.ts';

/** Sixteen bytes: a site id, a lineage, an epoch. */
export const ID_BYTES = 16;
export const id = bytes(ID_BYTES);

/** Who wrote a change: one per database file. */
export type SiteId = Uint8Array;
/** Which shop's database this is, over servers, restarts and restores. */
export type Lineage = Uint8Array;
/** A position in one replica's log of changes. */
export type DbVersion = bigint;

/** A stretch of writing to one copy of a database, from one opening of the file to the next. */
export const epoch = struct({ id, firstVersion: varint });
export type Epoch = Decoded<typeof epoch>;

export function toHex(value: Uint8Array): string {
  return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function sameId(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
