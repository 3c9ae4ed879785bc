import { rm } from 'node:fs/promises';
import { openFile } from '@octavo/crsqlite/node.ts';
import { schema } from '@octavo/shop/schema.ts';
import { mergeLogPart } from '@octavo/sync/copy/log-part.ts';
import { goOnFromCopy } from '@octavo/sync/recovery/server-copy.ts';
import { Replica } from '@octavo/sync/replica.ts';
import { systemClock, systemRandom } from '../databases/system.ts';
import type { SiteCopies } from './choose-copies.ts';
import { fetchFile, fetchPart } from './fetch-copy.ts';
import { copyPart } from './replica-copies.ts';
import type { ObjectStore, StoreOptions } from './store/object-store.ts';

export interface RebuildOptions extends StoreOptions {
  store: ObjectStore;
  /** What to read, the site whose file is the base first. Not empty. */
  copies: readonly SiteCopies[];
  /** Where to write the database; also with `-other` behind it. */
  target: string;
  /** Who holds the files, in words. */
  owner: string;
  onBytes?: (bytes: number) => void;
}

/**
 * Puts a shop together from its copies [CC-4]: a file that a server can go on with, as a site of its own. When it fails, there
 * is nothing at the target. @throws StoreError, LogPartError, SqliteError
 */
export async function rebuildShop(options: RebuildOptions): Promise<void> {
  const { store, copies, target, owner, signal } = options;
  const [base, ...others] = copies;
  if (base === undefined) throw new RangeError('There is nothing to put a shop together from.');
  try {
    await fetchFile(store, base.snapshot.key, target, options);
    const copy = await openFile(target, { owner });
    try {
      goOnFromCopy(copy);
    } finally {
      copy.close();
    }
    const database = await openFile(target, { owner });
    try {
      const replica = Replica.open(database, { schema, clock: systemClock, random: systemRandom });
      for (const { key } of base.changes) mergePart(replica, await fetchPart(store, key, { signal }));
      for (const other of others) await mergeSite(replica, other, options);
    } finally {
      database.close();
    }
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}

/** Merges all that another site of the same shop has stored. */
async function mergeSite(replica: Replica, site: SiteCopies, options: RebuildOptions): Promise<void> {
  const { store, target, owner, signal } = options;
  const path = `${target}-other`;
  try {
    await fetchFile(store, site.snapshot.key, path, options);
    const database = await openFile(path, { owner });
    try {
      const other = Replica.open(database, { schema, clock: systemClock, random: systemRandom });
      const all = copyPart(other, 0n, Number.MAX_SAFE_INTEGER);
      if (all !== undefined) mergePart(replica, all.bytes);
    } finally {
      database.close();
    }
    for (const { key } of site.changes) mergePart(replica, await fetchPart(store, key, { signal }));
  } finally {
    await rm(path, { force: true });
  }
}

function mergePart(replica: Replica, part: Uint8Array): void {
  const merging = mergeLogPart(replica, part);
  while (merging.next().done !== true);
}
