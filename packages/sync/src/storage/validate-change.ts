import { type Change, ROW_SENTINEL } from '@octavo/protocol/change.ts';
import { sameId, type SiteId } from '@octavo/protocol/identity.ts';
import { unpackKey } from './packed-key.ts';
import { fitsClass, type ReplicatedSchema } from './replicated-schema.ts';

/** No cell is edited a million times: a larger column version is an attempt to make it unchangeable for everybody. */
const MAX_COLUMN_VERSION = 2n ** 20n;
/** Deleting and inserting the same row alternates the causal length. */
const MAX_CAUSAL_LENGTH = 2n ** 10n;
const MAX_SEQUENCE = 2 ** 31 - 1;

/** Who may have written the changes of a batch: the sender alone, or anybody (a server relays). */
export type AllowedAuthors = { only: SiteId } | 'any';

/**
 * Why a change must not reach cr-sqlite [QU-2], in words for the log and the sender; undefined when it may. What these
 * checks keep out traps the WASM or can never be undone.
 */
export function faultOf(change: Change, schema: ReplicatedSchema): string | undefined {
  const shape = schema.get(change.table);
  if (shape === undefined) return `There is no replicated table "${change.table}".`;

  const key = unpackKey(change.key);
  if (key?.length !== shape.key.length) return `A key of "${change.table}" is malformed.`;
  if (!key.every((value, index) => fitsClass(value, shape.key[index] ?? 'any'))) {
    return `A key of "${change.table}" has a value of the wrong type.`;
  }

  if (change.causalLength < 1n || change.causalLength > MAX_CAUSAL_LENGTH)
    return `Causal length ${change.causalLength} is impossible.`;
  if (change.columnVersion > MAX_COLUMN_VERSION)
    return `Column version ${change.columnVersion} is impossible.`;
  if (change.sequence > MAX_SEQUENCE) return `Sequence ${change.sequence} is impossible.`;

  if (change.column === ROW_SENTINEL) {
    if (change.value !== null || change.columnVersion !== change.causalLength)
      return 'A row sentinel contradicts itself.';
  } else if (change.causalLength % 2n === 0n) {
    return 'A cell belongs to a row that is deleted.';
  } else if (!shape.columns.has(change.column)) {
    return `Table "${change.table}" has no column "${change.column}".`;
  }

  return undefined;
}

/** Whether the sender may send this change: its own work, cells that a resurrection zeroed, or anybody's where allowed. */
export function mayBeSent(change: Change, authors: AllowedAuthors): boolean {
  return authors === 'any' || change.columnVersion === 0n || sameId(change.siteId, authors.only);
}
