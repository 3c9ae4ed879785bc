import type { Logger } from 'pino';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { chooseCopies } from './choose-copies.ts';
import { rebuildShop, removeDatabase } from './rebuild-shop.ts';
import type { ObjectStore } from './store/object-store.ts';
import { copiesOfNewest, storedDatabases } from './stored-shops.ts';

export interface RestoreOptions {
  folder: DataFolder;
  store: ObjectStore;
  /** Who holds the files, in words. */
  owner: string;
  logger: Logger;
  now: () => Date;
}

/**
 * Where a server starts with no database at all, its disk is another one: brings back every shop that the store has, as a site
 * of its own. Returns their names. To be called by the holder of the folder, before anything is made there.
 *
 * @throws what {@link rebuildShop} throws: a server that began an empty shop in its place would part it from its replicas.
 */
export async function restoreMissing({
  folder,
  store,
  owner,
  logger,
  now,
}: RestoreOptions): Promise<string[]> {
  if ((await folder.list()).length > 0) return [];
  const { signal } = new AbortController();
  const restored: string[] = [];
  for (const name of await storedDatabases(store, { signal })) {
    const copies = chooseCopies(await copiesOfNewest(store, name, { signal }), { kind: 'everything' });
    if (copies.length === 0) continue;
    const target = folder.temporaryPath(name);
    try {
      await rebuildShop({ store, copies, target, owner, signal });
      await folder.replace(name, target, now());
    } finally {
      await removeDatabase(target);
    }
    logger.warn({ database: name, from: store.place }, 'database restored from its copy');
    restored.push(name);
  }
  return restored;
}
