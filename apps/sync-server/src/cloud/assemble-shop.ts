import { openFile } from '@octavo/crsqlite/node.ts';
import { decodeLogPart } from '@octavo/protocol/log-part.ts';
import { schema } from '@octavo/shop/schema.ts';
import { mergeCopy, mergeLogPart } from '@octavo/sync/copy/log-part.ts';
import { goOnFromCopy } from '@octavo/sync/recovery/server-copy.ts';
import { Replica } from '@octavo/sync/replica.ts';
import { ClockTables } from '@octavo/sync/storage/clock-tables.ts';
import { BATCH_LIMITS } from '@octavo/sync/stream/outbound.ts';
import { examineFile, type FileFacts } from '../databases/examine-file.ts';
import { systemClock, systemRandom } from '../databases/system.ts';
import type { FetchedPart, FetchedSite } from './fetch-copies.ts';
import { fromHex } from './hex.ts';
import { PartChain } from './part-chain.ts';

export interface Assembly {
  /** What was fetched, the site whose file is the base first. Each has a file; that of the base becomes the shop's. */
  sites: readonly FetchedSite[];
  /** Who holds the files, in words. */
  owner: string;
  /** The store that they come from. */
  place: string;
}

/**
 * Puts a shop together from what was fetched of its copies [CC-4], in the file of the first site: one that a server can go on
 * with, as a site of its own, and that was looked through completely. Takes long for a large one: see `copy.worker.ts`.
 *
 * @throws MissingPartError, LogPartError, UnsoundFileError, SqliteError
 */
export async function assembleShop({ sites, owner, place }: Assembly): Promise<FileFacts> {
  const [base, ...others] = sites;
  const path = base?.snapshot?.path;
  if (base === undefined || path === undefined)
    throw new RangeError('There is nothing to put a shop together from.');
  const chain = await beginChain(path, owner);
  const database = await openFile(path, { owner });
  try {
    const replica = Replica.open(database, { schema, clock: systemClock, random: systemRandom });
    mergeParts(replica, base, chain);
    for (const other of others) await mergeSite(replica, other, owner);
    // All of it is in the store, under the names of others.
    const nothing = { version: 0, snapshotBytes: 0, changesBytes: 0, changesCount: 0 };
    replica.copyMarks.set({
      ...nothing,
      place,
      uploadedThrough: replica.head(),
      uploadedAt: systemClock.wall(),
    });
  } finally {
    database.close();
  }
  return examineFile(path, { depth: 'full', owner });
}

/** Gives the file an identity of its own, and says where its log ends. */
async function beginChain(path: string, owner: string): Promise<PartChain> {
  const copy = await openFile(path, { owner });
  try {
    const chain = new PartChain(new ClockTables(copy).head());
    goOnFromCopy(copy);
    return chain;
  } finally {
    copy.close();
  }
}

/** Merges all that another site of the same shop has stored. */
async function mergeSite(replica: Replica, site: FetchedSite, owner: string): Promise<void> {
  if (site.snapshot === undefined) throw new RangeError('There is no copy of a file to merge.');
  const database = await openFile(site.snapshot.path, { owner });
  try {
    const chain = new PartChain(new ClockTables(database).head());
    const other = Replica.open(database, { schema, clock: systemClock, random: systemRandom });
    const merging = mergeCopy(replica, other, BATCH_LIMITS);
    while (merging.next().done !== true);
    mergeParts(replica, site, chain);
  } finally {
    database.close();
  }
}

/** Merges a site's parts, and keeps that what it has stored is here. */
function mergeParts(replica: Replica, { site, snapshot, parts }: FetchedSite, chain: PartChain): void {
  for (const { bytes } of parts) {
    chain.follow(decodeLogPart(bytes).header);
    const merging = mergeLogPart(replica, bytes);
    while (merging.next().done !== true);
  }
  const newest = newestOf(snapshot === undefined ? parts : [snapshot, ...parts]);
  for (const { version, epoch } of newest)
    replica.copyMarks.noteMerged({
      site: fromHex(site),
      version,
      epoch: fromHex(epoch),
      through: chain.through,
    });
}

/** Those of the largest version: after a crash there may be two. */
export function newestOf<Named extends Pick<FetchedPart, 'version'>>(copies: readonly Named[]): Named[] {
  const largest = Math.max(...copies.map(({ version }) => version));
  return copies.filter(({ version }) => version === largest);
}
