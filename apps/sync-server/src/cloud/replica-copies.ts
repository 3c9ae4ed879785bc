import { toHex } from '@octavo/protocol/identity.ts';
import { copyLogPart } from '@octavo/sync/copy/log-part.ts';
import type { Replica } from '@octavo/sync/replica.ts';
import { BATCH_LIMITS } from '@octavo/sync/stream/outbound.ts';
import type { Copied, CopyOwner } from './copy-source.ts';

/** Whose log it is at this moment. */
export function copyOwner(replica: Replica): CopyOwner {
  const lineage = toHex(replica.foundLineage());
  const epoch = replica.epochs().at(-1);
  return { lineage, site: toHex(replica.siteId), epoch: epoch === undefined ? lineage : toHex(epoch.id) };
}

/** What was written after a version; undefined where that is more than so many bytes. */
export function copyPart(
  replica: Replica,
  after: bigint,
  mostBytes: number,
): (Copied & { bytes: Uint8Array<ArrayBuffer> }) | undefined {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (const piece of copyLogPart(replica, after, BATCH_LIMITS)) {
    length += piece.length;
    if (length > mostBytes) return undefined;
    pieces.push(piece);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return { ...copyOwner(replica), through: replica.head(), bytes };
}
