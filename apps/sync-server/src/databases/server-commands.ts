import { toHex } from '@octavo/protocol/identity.ts';
import type { ShopContext } from '@octavo/shop/context.ts';
import { ShopError, type ShopErrorValue } from '@octavo/shop/errors.ts';
import type { CommandAnswer } from '@octavo/shop/server-commands/answers.ts';
import { readReceipt } from '@octavo/shop/server-commands/receipts.ts';
import { runServerCommand } from '@octavo/shop/server-commands/registry.ts';
import type { WireCommand } from '@octavo/shop/server-commands/wire.ts';
import type { Replica } from '@octavo/sync/replica.ts';

/** A command, and the shop's time zone (IANA), which says what year it is there. */
export interface CommandOrder extends WireCommand {
  timeZone: string;
}

/** What came of a command in its database. The first three kinds are stored; of the others nothing is. */
export type CommandOutcome =
  | CommandAnswer
  /** It has no form in which it could ever be done. */
  | { outcome: 'rejected'; error: ShopErrorValue }
  /** It was decided for another shop than the one that has this name now. */
  | { outcome: 'other-lineage' }
  /** What its site had written when it was decided has not all arrived. */
  | { outcome: 'not-yet' };

/** Whether an outcome has a receipt: the same command gets the same one again. */
export function isStored(outcome: CommandOutcome): outcome is CommandAnswer {
  return ['done', 'conflict', 'refused'].includes(outcome.outcome);
}

/** What can be said of a command before it runs; undefined when it can run. Changes nothing. */
export function standingOf(replica: Replica, command: WireCommand): CommandOutcome | undefined {
  if (toHex(replica.foundLineage()) !== command.lineage) return { outcome: 'other-lineage' };
  // Before what it waits for: where its rows were lost with an old server, its answer may have come back first.
  const before = rejections(() => readReceipt(replica.database, command.id, command.type));
  if (before !== undefined) return before;
  const { after } = command;
  if (after === undefined) return undefined;
  const { cursor } = replica.bookkeeping.peer(Buffer.from(after.siteId, 'hex'));
  return cursor < BigInt(after.dbVersion) ? { outcome: 'not-yet' } : undefined;
}

/**
 * Runs a command in one transaction with its receipt, or says why not. Whoever calls it tells the sessions.
 * @throws SqliteError, after which nothing is stored.
 */
export function runCommand(
  { replica, shop }: { replica: Replica; shop: ShopContext },
  { timeZone, ...command }: CommandOrder,
): CommandOutcome {
  const standing = standingOf(replica, command);
  if (standing !== undefined) return standing;
  let answer: CommandOutcome | undefined;
  replica.write(() => {
    answer = rejections(() => runServerCommand({ ...shop, timeZone }, command.type, command));
  });
  if (answer === undefined) throw new Error('The transaction ended without having run.');
  return answer;
}

/** What is thrown before anything is stored, as a value; what it wrote is rolled back by then. */
function rejections<Result>(run: () => Result): Result | { outcome: 'rejected'; error: ShopErrorValue } {
  try {
    return run();
  } catch (error) {
    if (error instanceof ShopError) return { outcome: 'rejected', error: error.value };
    throw error;
  }
}
