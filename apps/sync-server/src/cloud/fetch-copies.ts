import type { ListedCopy, SiteCopies } from './choose-copies.ts';
import { fetchFile, fetchPart } from './fetch-copy.ts';
import { inTime } from './patience.ts';
import type { ObjectStore } from './store/object-store.ts';

/** The copy of one site on this disk. */
export interface FetchedSite {
  site: string;
  /** The file; undefined where only parts were asked for. */
  snapshot: { path: string; version: number; epoch: string } | undefined;
  parts: FetchedPart[];
}

export interface FetchedPart {
  version: number;
  epoch: string;
  bytes: Uint8Array;
}

/** Requests for parts that are under way together: they are small, and the way to the store is long. */
const PARTS_AT_ONCE = 8;

export interface FetchOptions {
  store: ObjectStore;
  /** Hears of every piece that has come. */
  onBytes?: ((bytes: number) => void) | undefined;
  signal: AbortSignal;
}

/** Brings a site's copy from the store: the file to a path, the parts into memory. @throws StoreError */
export async function fetchSite(
  { site, snapshot, changes }: SiteCopies,
  path: string,
  options: FetchOptions,
): Promise<FetchedSite> {
  const { store, onBytes = () => undefined } = options;
  await inTime(snapshot.bytes, (late, onProgress) => {
    const signal = AbortSignal.any([late, options.signal]);
    return fetchFile(store, snapshot.key, path, { signal, onProgress, onBytes });
  });
  const { version, epoch } = snapshot;
  return { site, snapshot: { path, version, epoch }, parts: await fetchParts(changes, options) };
}

/** Brings parts from the store, in their order. @throws StoreError */
export async function fetchParts(
  copies: readonly ListedCopy[],
  { store, onBytes = () => undefined, signal }: FetchOptions,
): Promise<FetchedPart[]> {
  const parts: FetchedPart[] = [];
  const waiting = [...copies.entries()];
  const fetchNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, { key, version, epoch, bytes: size }] = next;
      const bytes = await inTime(size, (late, onProgress) =>
        fetchPart(store, key, { signal: AbortSignal.any([late, signal]), onProgress }),
      );
      onBytes(size);
      parts[index] = { version, epoch, bytes };
    }
  };
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, fetchNext));
  return parts;
}
