import { type Change, ROW_SENTINEL } from '@octavo/protocol/change.ts';
import { sameId, type SiteId } from '@octavo/protocol/identity.ts';
import type { Cells } from './cells.ts';
import { unpackKey } from './packed-key.ts';
import { fitsClass, type ReplicatedSchema } from './replicated-schema.ts';

/**
 * Nobody edits a cell a million times, or deletes and inserts a row a thousand times, between two exchanges: larger
 * steps are an attempt to make something unchangeable for everybody. Steps from what is here, not absolute numbers:
 * one more edit must always be possible.
 */
const MAX_COLUMN_VERSION_STEP = 2n ** 20n;
const MAX_CAUSAL_LENGTH_STEP = 2n ** 10n;
/** The first number that JavaScript or another client may not count on from. */
const BEYOND_COUNTING = 2n ** 53n;
const MAX_SEQUENCE = 2 ** 31 - 1;

/** What no honest peer sends: the connection ends. Carries the reason in words. */
export class InvalidChangeError extends Error {
  override readonly name = 'InvalidChangeError';
}

/** Who may have written the changes of a batch: the sender alone, or anybody (a server relays). */
export type AllowedAuthors = { only: SiteId } | 'any';

/**
 * Why a change must not reach cr-sqlite [QU-2], in words for the log and the sender; undefined when it may. What these
 * checks keep out traps the WASM or can never be undone.
 *
 * `clocks` are those of the replica where somebody's own work arrives. What a server relays, or a client returns to it,
 * has passed there step by step, and is not measured again by what happens to be here.
 */
export function faultOf(
  change: Change,
  schema: ReplicatedSchema,
  clocks: Pick<Cells, 'cell'> | undefined,
): string | undefined {
  const shape = schema.get(change.table);
  if (shape === undefined) return `There is no replicated table "${change.table}".`;

  const key = unpackKey(change.key);
  if (key?.length !== shape.key.length) return `A key of "${change.table}" is malformed.`;
  if (!key.every((value, index) => value !== null && fitsClass(value, shape.key[index]?.class ?? 'any'))) {
    return `A key of "${change.table}" has a value of the wrong type.`;
  }

  const row = { table: change.table, key };
  const tooFar = (version: bigint, column: string, step: bigint): boolean =>
    version >= BEYOND_COUNTING ||
    (clocks !== undefined &&
      version > step &&
      version > (clocks.cell(row, column)?.columnVersion ?? 0n) + step);
  if (change.causalLength < 1n || tooFar(change.causalLength, ROW_SENTINEL, MAX_CAUSAL_LENGTH_STEP))
    return `Causal length ${change.causalLength} is impossible.`;
  if (tooFar(change.columnVersion, change.column, MAX_COLUMN_VERSION_STEP))
    return `Column version ${change.columnVersion} is impossible.`;
  if (change.sequence > MAX_SEQUENCE) return `Sequence ${change.sequence} is impossible.`;

  if (change.column === ROW_SENTINEL) {
    if (change.value !== null || change.columnVersion !== change.causalLength)
      return 'A row sentinel contradicts itself.';
  } else if (change.causalLength % 2n === 0n) {
    return 'A cell belongs to a row that is deleted.';
  } else {
    const columnClass = shape.columns.get(change.column);
    if (columnClass === undefined) return `Table "${change.table}" has no column "${change.column}".`;
    if (change.value !== null && !fitsClass(change.value, columnClass))
      return `Column "${change.column}" of "${change.table}" does not hold values of this type.`;
  }

  return undefined;
}

/** Whether the sender may send this change: its own work, cells that a resurrection zeroed, or anybody's where allowed. */
export function mayBeSent(change: Change, authors: AllowedAuthors): boolean {
  return authors === 'any' || change.columnVersion === 0n || sameId(change.siteId, authors.only);
}
