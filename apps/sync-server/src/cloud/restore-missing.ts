import type { Logger } from 'pino';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { DEFAULT_DATABASE, isDatabaseName } from '../databases/database-name.ts';
import type { Missed } from '../databases/out-of-service.ts';
import { chooseCopies } from './choose-copies.ts';
import { inTime } from './patience.ts';
import { rebuildShop, removeDatabase } from './rebuild-shop.ts';
import type { ObjectStore } from './store/object-store.ts';
import { copiesOfNewest } from './stored-shops.ts';

/** For whoever may read: why in the store's own words is in the log. */
const NOT_RESTORED =
  'It is not here, and could not be restored from its copy in the cloud: the log of the server says why. Restore it (octavo db restore), or mend the copy and start the server again.';
const NOT_KNOWN =
  'It is not here, and the store could not be asked for its copy when the server started: the log says why. Mend the store and start the server again.';

export interface RestoreOptions {
  folder: DataFolder;
  store: ObjectStore;
  /** Who holds the files, in words. */
  owner: string;
  logger: Logger;
  now: () => Date;
}

/**
 * Brings back every shop that the store has and the folder lacks, as a site of its own: the disk is another one, or bringing
 * them back was interrupted. Returns what is still not here. To be called by the holder of the folder, before anything is made
 * there.
 *
 * @throws what {@link rebuildShop} throws, where the folder had no database: there is nothing to serve meanwhile.
 */
export async function restoreMissing(options: RestoreOptions): Promise<Missed> {
  const { folder, store, logger } = options;
  const isEmpty = (await folder.list()).length === 0;
  const names = new Map<string, string>();
  try {
    for (const name of await storedNames(store)) {
      if (folder.has(name)) continue;
      try {
        await restore(name, options);
      } catch (error) {
        if (isEmpty) throw error;
        logger.error({ database: name, from: store.place, err: error }, 'database could not be restored');
        names.set(name, NOT_RESTORED);
      }
    }
  } catch (error) {
    if (isEmpty) throw error;
    logger.error({ from: store.place, err: error }, 'the store cannot be read, and may have more databases');
    if (!folder.has(DEFAULT_DATABASE)) names.set(DEFAULT_DATABASE, NOT_KNOWN);
    return { names, more: NOT_KNOWN };
  }
  return { names, more: undefined };
}

async function storedNames(store: ObjectStore): Promise<string[]> {
  const names = await inTime(0, (signal, onProgress) => store.roots({ signal, onProgress }));
  return names.filter(isDatabaseName);
}

async function restore(name: string, { folder, store, owner, logger, now }: RestoreOptions): Promise<void> {
  const found = await inTime(0, (signal, onProgress) => copiesOfNewest(store, name, { signal, onProgress }));
  const copies = chooseCopies(found, { kind: 'everything' });
  if (copies.length === 0) return;
  const target = folder.temporaryPath(name);
  try {
    await rebuildShop({ store, copies, target, owner, signal: new AbortController().signal });
    await folder.replace(name, target, now());
  } finally {
    await removeDatabase(target);
  }
  logger.warn({ database: name, from: store.place }, 'database restored from its copy');
}
