import type { Transaction } from '@octavo/protocol/change.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import type { Replica } from '../replica.ts';
import { offeredThrough } from '../storage/offers.ts';
import type { LogPosition, StretchLimits } from '../storage/log-stretch.ts';
import { BATCH_LIMITS } from '../stream/outbound.ts';

/** Where what a server has not confirmed begins in a client's log. */
interface UnsentFrom {
  after: DbVersion;
  /** Up to here it may be of any author: it lies inside an open offer. */
  offeredThrough: DbVersion;
}

/** How many distinct records hold work that no server has confirmed, as the light counts them [OF-2]. */
export function countUnsent(replica: Replica): number {
  const { after, offeredThrough: offered } = unsentFrom(replica);
  return [...replica.clockTables.pendingByTable(after, offered).values()].reduce(
    (sum, count) => sum + count,
    0,
  );
}

/**
 * What a client has written and no server has confirmed, and what it was about to return to one [WO-1], in the order of
 * its log and in stretches of bounded size. What is yielded can be copied and stored as it is. `after` leaves out what
 * was read before: it is a version of this replica's log.
 */
export function* readUnsent(
  replica: Replica,
  { after: since = 0n, limits = BATCH_LIMITS }: { after?: DbVersion; limits?: StretchLimits } = {},
): Generator<Transaction[]> {
  const { after, offeredThrough: offered } = unsentFrom(replica);
  const head = replica.head();
  const reader = replica.logReader({ role: 'server', offeredThrough: offered });
  let position: LogPosition = { version: since > after ? since : after, inside: undefined };
  while (position.inside !== undefined || position.version < head) {
    const stretch = reader.read(position, head, limits);
    position = stretch.position;
    if (stretch.transactions.length > 0) yield stretch.transactions;
  }
}

function unsentFrom(replica: Replica): UnsentFrom {
  const lineage = replica.lineage();
  if (lineage === undefined) return { after: 0n, offeredThrough: 0n };
  const offer = replica.offers.open(lineage);
  const { acknowledged } = replica.bookkeeping.peer(lineage);
  // An offer goes back behind what was acknowledged before the server lost it.
  const after = offer !== undefined && offer.from < acknowledged ? offer.from : acknowledged;
  return { after, offeredThrough: offeredThrough(offer) };
}
