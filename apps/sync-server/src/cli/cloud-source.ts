import { rm } from 'node:fs/promises';
import {
  chooseCopies,
  type ListedCopy,
  newestLineage,
  type SiteCopies,
  type UpTo,
} from '../cloud/choose-copies.ts';
import { inTime } from '../cloud/patience.ts';
import { rebuildShop } from '../cloud/rebuild-shop.ts';
import { copiesOf, lineageMarkers } from '../cloud/stored-shops.ts';
import { type ObjectStore, StoreError } from '../cloud/store/object-store.ts';
import { openStore } from '../cloud/store/open-store.ts';
import { cloudPlaceHelp, parseCloudPlace } from '../config/cloud-place.ts';
import type { DataFolder } from '../data-folder/data-folder.ts';
import type { FileFacts } from '../databases/examine-file.ts';
import { CommandFailure } from './command-failure.ts';
import { COMMAND } from './database-copy.ts';

/** Copies in a store that together are the shop at one moment. */
export interface ChosenCopies {
  store: ObjectStore;
  copies: SiteCopies[];
  /** When the newest of them was stored. */
  at: Date;
  /** Which they are, in words. */
  words: string;
}

/** A version of one site's copy, as it is shown and written: `site:version`. The beginning of the site is enough. */
export interface CopyVersion {
  site: string;
  version: number;
}

export function readCopyVersion(text: string): CopyVersion | undefined {
  const [, site, version] = /^([0-9a-f]{4,32}):(\d{1,12})$/i.exec(text) ?? [];
  return site === undefined ? undefined : { site: site.toLowerCase(), version: Number(version) };
}

/** The store that the server is told of too. @throws CommandFailure where there is none */
export async function storeOf(
  folder: DataFolder,
  place: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ObjectStore> {
  const parsed = parseCloudPlace(place);
  if (parsed === undefined) throw new CommandFailure(`OCTAVO_CLOUD=${place}: ${cloudPlaceHelp}`);
  const store = await openStore(parsed, {
    dataDir: folder.path,
    s3Endpoint: environment['OCTAVO_S3_ENDPOINT'],
    region: environment['AWS_REGION'] ?? 'us-east-1',
  });
  if (store === undefined)
    throw new CommandFailure('No copies are kept: OCTAVO_CLOUD is "off". Name the store with --store.');
  return store;
}

/** Everything that is stored of a database's newest shop. @throws CommandFailure */
export function newestCopies(store: ObjectStore, name: string): Promise<ChosenCopies> {
  return choose(store, name, async (signal) => {
    const lineage = newestLineage(await lineageMarkers(store, name, { signal }));
    const copies = lineage === undefined ? [] : await copiesOf(store, name, lineage, { signal });
    return { copies, upTo: { kind: 'everything' } };
  });
}

/** The shop that a database was at a moment, as it was then. @throws CommandFailure */
export async function copiesAt(store: ObjectStore, name: string, moment: Date): Promise<ChosenCopies> {
  const at = moment.getTime();
  // Whoever names such a time wants the newest of something, and to go back: the newest copy is where the shop is already.
  if (at > Date.now())
    throw new CommandFailure(`${moment.toISOString()} is yet to come, so the copy is not looked at.`);
  return choose(store, name, async (signal) => {
    const markers = await lineageMarkers(store, name, { signal });
    const lineage = newestLineage(markers.filter(({ foundedAt }) => foundedAt <= at));
    const copies = lineage === undefined ? [] : await copiesOf(store, name, lineage, { signal });
    return { copies, upTo: { kind: 'time', at } };
  });
}

/** A database as it was when a version of a site's copy was stored. @throws CommandFailure */
export function copiesOfVersion(
  store: ObjectStore,
  name: string,
  wanted: CopyVersion,
): Promise<ChosenCopies> {
  return choose(store, name, async (signal) => {
    for (const { lineage } of (await lineageMarkers(store, name, { signal })).reverse()) {
      const copies = await copiesOf(store, name, lineage, { signal });
      const sites = new Set(
        copies
          .filter(({ site, version }) => site.startsWith(wanted.site) && version === wanted.version)
          .map(({ site }) => site),
      );
      const [site] = sites;
      if (sites.size > 1)
        throw new CommandFailure(`Several sites begin with "${wanted.site}". Write more of it.`);
      if (site !== undefined) return { copies, upTo: { kind: 'version', site, version: wanted.version } };
    }
    return { copies: [], upTo: { kind: 'everything' } };
  });
}

/** Puts the shop together at a path, and reads it to its end. @throws CommandFailure */
export async function rebuildAt({ store, copies }: ChosenCopies, target: string): Promise<FileFacts> {
  try {
    return await rebuildShop({
      ...{ store, copies, target, owner: COMMAND },
      signal: new AbortController().signal,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(`The copy in ${store.place} cannot be put together: ${why}`, { cause: error });
  } finally {
    for (const suffix of ['-journal', '-lock']) await rm(target + suffix, { force: true });
  }
}

async function choose(
  store: ObjectStore,
  name: string,
  find: (signal: AbortSignal) => Promise<{ copies: ListedCopy[]; upTo: UpTo }>,
): Promise<ChosenCopies> {
  const { copies, upTo } = await inTime(0, find).catch((error: unknown) => {
    if (!(error instanceof StoreError)) throw error;
    throw new CommandFailure(`${store.place} cannot be read: ${error.message}`, { cause: error });
  });
  const chosen = chooseCopies(copies, upTo);
  const newest = chosen
    .flatMap(({ snapshot, changes }) => [snapshot, ...changes])
    .reduce<ListedCopy | undefined>(
      (last, copy) => (last === undefined || copy.storedAt >= last.storedAt ? copy : last),
      undefined,
    );
  if (newest === undefined) {
    const oldest = copies.filter(({ kind }) => kind === 'snapshot').map(({ storedAt }) => storedAt);
    const words =
      oldest.length === 0 ? '' : ` The oldest is of ${new Date(Math.min(...oldest)).toISOString()}.`;
    throw new CommandFailure(`${store.place} has no copy of ${name} from then.${words}`);
  }
  const { site, version, storedAt } = newest;
  return {
    store,
    copies: chosen,
    at: new Date(storedAt),
    words: `${site}:${version} in ${store.place}`,
  };
}
