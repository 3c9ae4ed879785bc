import type { Database } from '@octavo/crsqlite/database.ts';
import { ID_BYTES, type Lineage } from '@octavo/protocol/identity.ts';
import type { Random } from '../environment.ts';
import { Bookkeeping } from '../storage/bookkeeping.ts';
import { ClockTables } from '../storage/clock-tables.ts';
import { Rewinds } from '../storage/rewinds.ts';

/**
 * Makes an older copy of a server's file the one that the shop goes on with after a disaster: the same shop, so that
 * every replica finds out at its next hello what was lost and returns it [EP-3, EP-4], under a site id of its own
 * [ID-1]. No replica may have the file open; it must be opened anew afterwards.
 */
export function goOnFromCopy(copy: Database): void {
  const clockTables = new ClockTables(copy);
  copy.transaction(() => clockTables.giveUpIdentity(clockTables.head()))();
}

/**
 * Makes an older copy of a server's file the beginning of another lineage: replicas of the one that it was a copy of, and
 * of those in `ended`, are told when they say hello, and return nothing [WO-3]. As {@link goOnFromCopy} otherwise.
 *
 * @returns The new lineage.
 */
export function takeBackToCopy(
  copy: Database,
  { random, ended, takenBackTo }: { random: Random; ended: readonly Lineage[]; takenBackTo: number },
): Lineage {
  const bookkeeping = new Bookkeeping(copy);
  const rewinds = new Rewinds(copy);
  const clockTables = new ClockTables(copy);
  const former = bookkeeping.lineage();
  const lineage = random.bytes(ID_BYTES);
  copy.transaction(() => {
    const head = clockTables.head();
    rewinds.record(former === undefined ? ended : [former, ...ended], takenBackTo);
    bookkeeping.setLineage(lineage);
    bookkeeping.addEpoch({ id: lineage, firstVersion: head + 1n });
    clockTables.giveUpIdentity(head);
  })();
  return lineage;
}
