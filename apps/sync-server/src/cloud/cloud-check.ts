import { stat } from 'node:fs/promises';
import { RemoteError } from '@octavo/rpc/remote-error.ts';
import type { Logger } from 'pino';
import type { Databases } from '../databases/databases.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';
import type { Apart } from './apart.ts';
import { newestOf } from './assemble-shop.ts';
import { type ListedCopy, newestLineage, type SiteCopies } from './choose-copies.ts';
import type { CloudCopies } from './cloud-copies.ts';
import type { CopyKnowledge, MergedFrom } from './copy-source.ts';
import { type FetchedPart, type FetchOptions, fetchParts, fetchSite } from './fetch-copies.ts';
import { inTime } from './patience.ts';
import { planCheck, type SiteNews } from './plan-check.ts';
import { rebuildShop, removeDatabase } from './rebuild-shop.ts';
import type { ObjectStore, StoreOptions } from './store/object-store.ts';
import { copiesOf, lineageMarkers } from './stored-shops.ts';

export interface CloudCheckOptions {
  databases: Databases;
  snapshots: Snapshots;
  copies: CloudCopies;
  store: ObjectStore;
  apart: Apart;
  /** Who holds files, in words. */
  owner: string;
  logger: Logger;
  /** Ends what is under way. */
  signal: AbortSignal;
}

/** Hears how far a check is. */
export interface CheckListener {
  /** So many bytes are to be fetched. */
  found(bytes: number): void;
  fetched(bytes: number): void;
}

/** What a check came to. `reload` where the database is another shop's now. */
export interface CheckResult {
  fetched: boolean;
  reload: boolean;
}

/** The store goes on with another shop than this server has under the name: nothing was changed. */
export class PartedError extends Error {
  override readonly name = 'PartedError';
}

/**
 * Fetches what other servers have written to the store, and merges it; where nothing is here yet, puts the shop in place. When
 * it fails, what was here is as it was, or has a part of the news, and nothing is left over.
 *
 * @throws StoreError, PartedError, and what the database throws
 */
export async function checkCloud(
  name: string,
  options: CloudCheckOptions,
  listener: CheckListener,
): Promise<CheckResult> {
  const { databases, store, logger, signal } = options;
  const here = databases.folder.has(name)
    ? await databases.use(name, { create: false }, (remote) => remote.copyKnowledge(name))
    : undefined;
  const ask = <Result>(run: (options: StoreOptions) => Promise<Result>): Promise<Result> =>
    inTime(0, (late) => run({ signal: AbortSignal.any([late, signal]) }));
  const markers = await ask((until) => lineageMarkers(store, name, until));
  const copies: ListedCopy[] = [];
  for (const lineage of new Set([newestLineage(markers), here?.lineage]))
    if (lineage !== undefined) copies.push(...(await ask((until) => copiesOf(store, name, lineage, until))));
  const plan = planCheck(here, markers, copies);
  switch (plan.kind) {
    case 'up-to-date':
      return { fetched: false, reload: false };
    case 'parted':
      throw new PartedError(
        `${store.place} goes on with another shop under the name "${name}" (${plan.lineage}), begun after the one here. Nothing was changed. To go on with it, use "octavo db rewind ${name} --from-cloud".`,
      );
    case 'adopt':
      logger.info({ database: name, from: store.place }, 'fetching the database from its copy');
      await adopt(name, plan.copies, options, listener);
      return { fetched: true, reload: here !== undefined };
    case 'merge':
      await options.copies.together(name, () => merge(name, here, plan.news, options, listener));
      return { fetched: true, reload: false };
  }
}

async function merge(
  name: string,
  here: CopyKnowledge | undefined,
  news: readonly SiteNews[],
  options: CloudCheckOptions,
  listener: CheckListener,
): Promise<void> {
  for (const { site, known, whole, parts } of news) {
    options.logger.warn(
      {
        database: name,
        here: `${here?.site}:${here?.mark?.version ?? 0}`,
        there: `${site}:${newestOf([whole.snapshot, ...whole.changes])[0]?.version ?? 0}`,
        mergedBefore: known?.version ?? 0,
      },
      'another server wrote to the store; what it wrote is merged',
    );
    listener.found(bytesOf(parts ?? [whole.snapshot, ...whole.changes]));
  }
  for (const one of news) {
    if (one.parts === undefined || !(await mergedByParts(name, one, options, listener)))
      await mergeWhole(name, one.whole, options, listener);
  }
}

/** Whether the parts join up with what is here, and are merged. */
async function mergedByParts(
  name: string,
  { site, known, parts = [] }: SiteNews,
  { databases, store, signal }: CloudCheckOptions,
  listener: CheckListener,
): Promise<boolean> {
  if (known === undefined) return false;
  const fetched = await fetchParts(parts, fetchOptions(store, signal, listener));
  try {
    await mergeParts(databases, name, { site, through: known.through }, fetched);
    return true;
  } catch (error) {
    if (error instanceof RemoteError && error.code === 'missing-part') return false;
    throw error;
  }
}

async function mergeParts(
  databases: Databases,
  name: string,
  { site, through: begun }: Pick<MergedFrom, 'site' | 'through'>,
  parts: readonly FetchedPart[],
): Promise<void> {
  let through = begun;
  for (const { version, epoch, bytes } of parts) {
    const from = { site, version, epoch, through };
    through = await databases.use(name, { create: false }, (remote) =>
      remote.mergeCopyPart(name, from, bytes),
    );
  }
}

async function mergeWhole(
  name: string,
  whole: SiteCopies,
  { databases, store, apart, owner, signal }: CloudCheckOptions,
  listener: CheckListener,
): Promise<void> {
  const path = databases.folder.temporaryPath(name);
  try {
    const { site, snapshot, parts } = await fetchSite(whole, path, fetchOptions(store, signal, listener));
    if (snapshot === undefined) throw new RangeError('There is no copy of a file to merge.');
    await apart.examine(path, owner);
    const { version, epoch } = snapshot;
    const through = await databases.use(name, { create: false }, (remote) =>
      remote.mergeCopyFile(name, { site, version, epoch }, path),
    );
    await mergeParts(databases, name, { site, through }, parts);
  } finally {
    await removeDatabase(path);
  }
}

async function adopt(
  name: string,
  copies: readonly SiteCopies[],
  { databases, snapshots, store, apart, owner, signal }: CloudCheckOptions,
  listener: CheckListener,
): Promise<void> {
  listener.found(bytesOf(copies.flatMap(({ snapshot, changes }) => [snapshot, ...changes])));
  const target = databases.folder.temporaryPath(name);
  await rebuildShop({
    ...fetchOptions(store, signal, listener),
    copies,
    target,
    owner,
    assemble: (assembly) => apart.assemble(assembly),
  });
  try {
    await databases.replace(name, target, new Date());
    await snapshots.discard(name);
  } finally {
    await removeDatabase(target);
  }
}

function fetchOptions(store: ObjectStore, signal: AbortSignal, listener: CheckListener): FetchOptions {
  return { store, onBytes: (bytes) => listener.fetched(bytes), signal };
}

function bytesOf(copies: readonly ListedCopy[]): number {
  return copies.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Of a database's file; undefined where there is none. */
export async function sizeOf(databases: Databases, name: string): Promise<number | undefined> {
  if (!databases.folder.has(name)) return undefined;
  return (await stat(databases.folder.pathOf(name))).size;
}
