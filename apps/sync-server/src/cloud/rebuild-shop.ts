import { rm } from 'node:fs/promises';
import type { FileFacts } from '../databases/examine-file.ts';
import { type Assembly, assembleShop } from './assemble-shop.ts';
import type { SiteCopies } from './choose-copies.ts';
import { type FetchedSite, type FetchOptions, fetchSite } from './fetch-copies.ts';

export interface RebuildOptions extends FetchOptions {
  /** What to read, the site whose file is the base first. Not empty. */
  copies: readonly SiteCopies[];
  /** Where to write the database; also with a number behind it. */
  target: string;
  /** Who holds the files, in words. */
  owner: string;
  /** Puts it together; elsewhere than on this thread where this one has to answer meanwhile. */
  assemble?: (assembly: Assembly) => Promise<FileFacts>;
}

/**
 * Fetches the copies of a shop and puts it together [CC-4]: a file that a server can go on with, as a site of its own. When it
 * fails, there is nothing at the target. @throws StoreError, LogPartError, UnsoundFileError, SqliteError
 */
export async function rebuildShop({
  copies,
  target,
  owner,
  assemble = assembleShop,
  ...options
}: RebuildOptions): Promise<FileFacts> {
  const sites: FetchedSite[] = [];
  const pathOf = (index: number): string => (index === 0 ? target : `${target}-${index}`);
  try {
    for (const [index, site] of copies.entries()) sites.push(await fetchSite(site, pathOf(index), options));
    return await assemble({ sites, owner, place: options.store.place });
  } catch (error) {
    await removeDatabase(target);
    throw error;
  } finally {
    for (const index of copies.keys()) if (index > 0) await removeDatabase(pathOf(index));
  }
}

/** With what SQLite and whoever had it open may have left beside it. */
export async function removeDatabase(path: string): Promise<void> {
  for (const suffix of ['', '-journal', '-lock']) await rm(path + suffix, { force: true });
}
