import { sameId } from '@octavo/protocol/identity.ts';
import { agreement } from '../epochs.ts';
import type { Replica } from '../replica.ts';
import type { SnapshotAccount } from './snapshot-account.ts';

/**
 * Whether a snapshot holds, or has replaced by something newer, everything that a replica has received from the server:
 * then the replica may be replaced by it, and only its own unsent work has to be carried over. Where not (the snapshot
 * is older than what the replica has seen, or the server fell back and is to get back what it lost), the replica must go
 * on by streaming.
 */
export function coversReplica(
  snapshot: Pick<SnapshotAccount, 'lineage' | 'version' | 'epochs'>,
  replica: Replica,
): boolean {
  const lineage = replica.lineage();
  // It has never met a server: everything in it is its own.
  if (lineage === undefined) return true;
  if (!sameId(lineage, snapshot.lineage) || replica.offers.open(lineage) !== undefined) return false;
  // A cell that was received lies at or below the cursor in the server's log, or has moved up since.
  const { cursor } = replica.bookkeeping.peer(lineage);
  const received = { epochs: replica.bookkeeping.peerEpochs(lineage), position: cursor };
  return agreement(received, { epochs: snapshot.epochs, position: snapshot.version }) === cursor;
}
