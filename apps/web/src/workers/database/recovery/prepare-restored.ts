import { sameId } from '@octavo/protocol/identity.ts';
import type { Replica } from '@octavo/sync/replica.ts';
import { carryOver } from './carry-over.ts';

/**
 * Opens a kept database as a replica of its own: it lived on elsewhere or was replaced, so its site id is not its own any
 * more [ID-1]. What the database in use has not sent goes along, where both are of the same shop.
 */
export async function prepareRestored(open: () => Promise<Replica>, inUse: Replica): Promise<Replica> {
  const copy = await open();
  const lineage = copy.lineage();
  copy.giveUpIdentity(lineage === undefined ? 0n : copy.bookkeeping.peer(lineage).acknowledged);
  copy.database.close();
  const restored = await open();
  const used = inUse.lineage();
  if (lineage !== undefined && used !== undefined && sameId(lineage, used)) {
    const carrying = carryOver(inUse, restored, { carry: 'unsent', askedAt: 0, occasion: 'restored' });
    let step = carrying.next();
    while (step.done !== true) step = carrying.next();
    step.value();
  }
  return restored;
}
