import { openFile } from '@octavo/crsqlite/node.ts';
import { decodeLogPart } from '@octavo/protocol/log-part.ts';
import { toHex } from '@octavo/protocol/identity.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import { schema } from '@octavo/shop/schema.ts';
import { mergeCopy, mergeLogPart } from '@octavo/sync/copy/log-part.ts';
import { LogPartError } from '@octavo/sync/copy/log-part-error.ts';
import { Replica } from '@octavo/sync/replica.ts';
import { ClockTables } from '@octavo/sync/storage/clock-tables.ts';
import { BATCH_LIMITS } from '@octavo/sync/stream/outbound.ts';
import { systemClock, systemRandom } from '../databases/system.ts';
import type { CopyKnowledge, MergedFrom } from './copy-source.ts';
import { fromHex } from './hex.ts';
import { PartChain } from './part-chain.ts';
import { UnmergeableCopyError } from './unmergeable-copy-error.ts';
import { copyOwner } from './replica-copies.ts';

/** A merge that is done in steps, between which others have their turn; ends with how far the other site's log is here now. */
export interface Merging extends Disposable {
  steps: Generator<void, bigint>;
}

/** What a database knows of its copies, whoever makes them. */
export function copyKnowledge(replica: Replica): CopyKnowledge {
  return {
    ...copyOwner(replica),
    head: replica.head(),
    mark: replica.copyMarks.get(),
    merged: replica.copyMarks
      .merged()
      .map(({ site, epoch, ...merged }) => ({ ...merged, site: toHex(site), epoch: toHex(epoch) })),
    formerLineages: replica.rewinds.lineages().map(toHex),
  };
}

/** Keeps that this shop was begun on purpose, under a name that may have had another one. */
export function beginCopyAnew(replica: Replica): void {
  const nothing = { uploadedThrough: 0n, uploadedAt: 0, snapshotBytes: 0, changesBytes: 0, changesCount: 0 };
  replica.copyMarks.set({ place: '', version: 0, ...nothing });
}

/**
 * Merges a part of another site's log, of which everything up to `through` is here. Its steps throw MissingPartError where it
 * begins later, UnmergeableCopyError.
 */
export function mergePart(replica: Replica, from: MergedFrom, bytes: Uint8Array): Merging {
  return { steps: mergeable(steps()), [Symbol.dispose]: () => undefined };

  function* steps(): Generator<void, bigint> {
    const chain = new PartChain(from.through);
    chain.follow(decodeLogPart(bytes).header);
    yield* mergeLogPart(replica, bytes);
    note(replica, { ...from, through: chain.through });
    return chain.through;
  }
}

/** As that, with the copy of another site's file, which is opened for that, and may be changed. @throws SqliteError */
export async function mergeFile(
  replica: Replica,
  from: Omit<MergedFrom, 'through'>,
  { path, owner }: { path: string; owner: string },
): Promise<Merging> {
  const database = await openFile(path, { owner });
  return { steps: mergeable(steps()), [Symbol.dispose]: () => database.close() };

  function* steps(): Generator<void, bigint> {
    const through = new ClockTables(database).head();
    const other = Replica.open(database, { schema, clock: systemClock, random: systemRandom });
    yield* mergeCopy(replica, other, BATCH_LIMITS);
    note(replica, { ...from, through });
    return through;
  }
}

/** What is wrong with a copy is not wrong with the database: nothing of it was written, or whole transactions were. */
function* mergeable<Result>(steps: Generator<void, Result>): Generator<void, Result> {
  try {
    return yield* steps;
  } catch (error) {
    if (error instanceof LogPartError) {
      const code = error.failure === 'newer-schema' ? 'newer-schema' : 'unmergeable-copy';
      throw new UnmergeableCopyError(code, error.message, { cause: error });
    }
    if (error instanceof ProtocolError)
      throw new UnmergeableCopyError('unmergeable-copy', error.message, { cause: error });
    throw error;
  }
}

function note(replica: Replica, { site, version, epoch, through }: MergedFrom): void {
  replica.copyMarks.noteMerged({ site: fromHex(site), version, epoch: fromHex(epoch), through });
}
