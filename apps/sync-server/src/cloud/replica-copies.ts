import { toHex } from '@octavo/protocol/identity.ts';
import { copyLogPart } from '@octavo/sync/copy/log-part.ts';
import type { Replica } from '@octavo/sync/replica.ts';
import { BATCH_LIMITS } from '@octavo/sync/stream/outbound.ts';
import type { CopiedPart, CopyOwner } from './copy-source.ts';

/** Whose log it is at this moment. */
export function copyOwner(replica: Replica): CopyOwner {
  const lineage = toHex(replica.foundLineage());
  const epoch = replica.epochs().at(-1);
  return { lineage, site: toHex(replica.siteId), epoch: epoch === undefined ? lineage : toHex(epoch.id) };
}

/**
 * What was written after a version, in steps between which others may write; undefined where that is more than so many bytes,
 * or where the log has become another one meanwhile.
 */
export function* copyPart(
  replica: Replica,
  after: bigint,
  mostBytes: number,
): Generator<void, CopiedPart | undefined> {
  const owner = copyOwner(replica);
  const copying = copyLogPart(replica, after, BATCH_LIMITS);
  const pieces: Uint8Array[] = [];
  let length = 0;
  let step = copying.next();
  while (step.done !== true) {
    length += step.value.length;
    if (length > mostBytes) return undefined;
    pieces.push(step.value);
    yield;
    step = copying.next();
  }
  const { header, through } = step.value;
  if (copyOwner(replica).epoch !== owner.epoch) return undefined;
  return { ...owner, through, bytes: join([header, ...pieces]) };
}

function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
