import { sameId } from '@octavo/protocol/identity.ts';
import { carryConflicts } from '@octavo/sync/recovery/carry-conflicts.ts';
import { differencesFrom, unsentDifferences } from '@octavo/sync/recovery/differences.ts';
import { keepMine } from '@octavo/sync/recovery/keep-mine.ts';
import { mergeSaved } from '@octavo/sync/recovery/merge-saved.ts';
import { Outcomes } from '@octavo/sync/recovery/outcomes.ts';
import { readUnsent } from '@octavo/sync/recovery/unsent.ts';
import type { Replica } from '@octavo/sync/replica.ts';
import type { CarryOver } from '#lib/recovery/contract.ts';
import { clock } from '../environment.ts';
import { FinishedWrites } from '../finished-writes.ts';

export interface CarryOptions {
  carry: CarryOver;
  /** The old database's version when it was asked for. */
  askedAt: number;
  /** What the report calls it. */
  occasion: string;
}

/**
 * Carries over into a new replica what is to go along from the old one, in steps of a few milliseconds each. Whoever drives
 * it does so to the end of the steps, and then calls what it returns, without letting anybody write between that and closing
 * the old one: that carries over what was written meanwhile. Begun again after an interruption it comes to the same.
 */
export function* carryOver(
  old: Replica,
  fresh: Replica,
  { carry, askedAt, occasion }: CarryOptions,
): Generator<undefined, () => void, undefined> {
  const sameShop = isSameShop(old, fresh);
  const outcomes = new Outcomes(fresh.database);
  const before = old.head();
  outcomes.clear();
  const unsentAfter = carry === 'nothing' ? BigInt(askedAt) : 0n;
  if (carry === 'everything' && !sameShop) yield* keepEverything(old, fresh);
  else yield* carryUnsent(old, fresh, sameShop, unsentAfter);
  return () => {
    for (const step = carryUnsent(old, fresh, sameShop, before); step.next().done !== true;);
    if (sameShop) carryConflicts(old, fresh);
    fresh.write(() => FinishedWrites.carry(old.database, fresh.database));
    outcomes.finish(occasion);
  };
}

/** A replica that never met a server has only what will be the shop's. */
function isSameShop(old: Replica, fresh: Replica): boolean {
  const [before, now] = [old.lineage(), fresh.lineage()];
  return before === undefined || (now !== undefined && sameId(before, now));
}

function* carryUnsent(old: Replica, fresh: Replica, sameShop: boolean, after: bigint): Generator<undefined> {
  if (sameShop) {
    for (const transactions of readUnsent(old, { after })) {
      mergeSaved(fresh, transactions, clock.wall());
      yield undefined;
    }
  } else {
    for (const page of unsentDifferences(old, fresh, after)) {
      keepMine(fresh, page);
      yield undefined;
    }
  }
}

function* keepEverything(old: Replica, fresh: Replica): Generator<undefined> {
  for (const page of differencesFrom(old.database, fresh)) {
    if (page.length > 0) keepMine(fresh, page);
    yield undefined;
  }
}
