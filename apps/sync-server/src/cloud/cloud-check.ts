import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { DatabaseThread } from '../databases/database-thread.ts';
import type { Databases } from '../databases/databases.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';
import type { Apart } from './apart.ts';
import { newestOf } from './assemble-shop.ts';
import { type ListedCopy, newestLineage, type SiteCopies } from './choose-copies.ts';
import type { CloudCopies } from './cloud-copies.ts';
import type { CopyKnowledge } from './copy-source.ts';
import { type FetchedSite, type FetchOptions, fetchParts, fetchSite } from './fetch-copies.ts';
import { inTime } from './patience.ts';
import { isUnused, planCheck, type SiteNews } from './plan-check.ts';
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
    inTime(0, (late, onProgress) => run({ signal: AbortSignal.any([late, signal]), onProgress }));
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
        `The store goes on with another shop under the name "${name}" (${plan.lineage}), begun after the one here. Nothing was changed. Whoever looks after the server can go on with that one: octavo db rewind ${name} --at <time or site:version>.`,
      );
    case 'adopt':
      logger.info({ database: name, from: store.place }, 'fetching the database from its copy');
      // Where something was written here meanwhile, another look says how that stands to the store.
      return options.copies.together(
        name,
        async () =>
          (await adopt(name, plan.copies, options, listener)) ?? checkCloud(name, options, listener),
      );
    case 'merge':
      await merge(name, here, plan.news, options, listener);
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
  const lacking = await fetchAndMerge(name, news, options, listener);
  const whole = lacking.map((one) => ({ ...one, parts: undefined }));
  if (whole.length > 0) await fetchAndMerge(name, whole, options, listener);
}

/**
 * Fetches all of it before anything is merged: only merging holds back what is to be copied. Returns those of which the parts do
 * not join up with what is here. A site that is ahead of this program keeps nobody from what the others wrote.
 */
async function fetchAndMerge(
  name: string,
  news: readonly SiteNews[],
  options: CloudCheckOptions,
  listener: CheckListener,
): Promise<SiteNews[]> {
  const { databases, copies } = options;
  const ahead: unknown[] = [];
  await using left = new AsyncDisposableStack();
  const fetched: FetchedNews[] = [];
  for (const one of news) {
    const path = databases.folder.temporaryPath(name);
    left.defer(() => removeDatabase(path));
    await unlessAhead(ahead, async () => fetched.push(await fetchNews(one, path, options, listener)));
  }
  const lacking: SiteNews[] = [];
  await copies.together(name, async () => {
    for (const one of fetched)
      await unlessAhead(ahead, async () => {
        if (!(await mergeFetched(databases, name, one))) lacking.push(one.news);
      });
  });
  if (ahead.length > 0) throw ahead[0];
  return lacking;
}

/** What is here of a site's news: its file at a path and the parts after it, or the parts alone. */
interface FetchedNews {
  news: SiteNews;
  fetched: FetchedSite;
}

async function fetchNews(
  news: SiteNews,
  path: string,
  { store, signal, apart, owner }: CloudCheckOptions,
  listener: CheckListener,
): Promise<FetchedNews> {
  const { site, known, whole, parts } = news;
  const options = fetchOptions(store, signal, listener);
  if (parts !== undefined && known !== undefined)
    return { news, fetched: { site, snapshot: undefined, parts: await fetchParts(parts, options) } };
  const fetched = await fetchSite(whole, path, options);
  await apart.examine(path, owner);
  return { news, fetched };
}

/** Whether the parts join up with what is here, and are merged. */
async function mergeFetched(
  databases: Databases,
  name: string,
  { news: { site, known }, fetched: { snapshot, parts } }: FetchedNews,
): Promise<boolean> {
  const use = <Result>(run: (remote: DatabaseThread['remote']) => Promise<Result>): Promise<Result> =>
    databases.use(name, { create: false }, run);
  let through = known?.through ?? 0n;
  if (snapshot !== undefined) {
    const { path, version, epoch } = snapshot;
    through = await use((remote) => remote.mergeCopyFile(name, { site, version, epoch }, path));
  }
  try {
    for (const { version, epoch, bytes } of parts) {
      const from = { site, version, epoch, through };
      through = await use((remote) => remote.mergeCopyPart(name, from, bytes));
    }
    return true;
  } catch (error) {
    if (snapshot === undefined && codeOf(error) === 'missing-part') return false;
    throw error;
  }
}

async function unlessAhead(ahead: unknown[], run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!isOfNewerVersion(error)) throw error;
    ahead.push(error);
  }
}

/** Whether something failed because a newer program wrote it, whoever has read it. */
export function isOfNewerVersion(error: unknown): boolean {
  const failure = error instanceof Error && 'failure' in error ? error.failure : undefined;
  return [codeOf(error), failure].some((code) => code === 'newer-schema' || code === 'schema-too-new');
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Puts the shop from the store in place of nothing. Returns undefined, and changes nothing, where something is here by then. */
async function adopt(
  name: string,
  chosen: readonly SiteCopies[],
  { databases, snapshots, store, apart, owner, signal }: CloudCheckOptions,
  listener: CheckListener,
): Promise<CheckResult | undefined> {
  listener.found(bytesOf(chosen.flatMap(({ snapshot, changes }) => [snapshot, ...changes])));
  const target = databases.folder.temporaryPath(name);
  await rebuildShop({
    ...fetchOptions(store, signal, listener),
    copies: chosen,
    target,
    owner,
    assemble: (assembly) => apart.assemble(assembly),
  });
  try {
    const { trash } = await databases.replace(name, target, new Date(), async () => {
      const path = databases.folder.pathOf(name);
      if (databases.folder.has(name) && !isUnused(await apart.standing(path, owner)))
        throw new NotUnusedError(`Somebody has begun to use "${name}" meanwhile.`);
    });
    await snapshots.discard(name);
    return { fetched: true, reload: trash !== undefined };
  } catch (error) {
    if (error instanceof NotUnusedError) return undefined;
    throw error;
  } finally {
    await removeDatabase(target);
  }
}

class NotUnusedError extends Error {
  override readonly name = 'NotUnusedError';
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
