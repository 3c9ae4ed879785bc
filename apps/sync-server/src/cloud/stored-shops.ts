import type { ListedCopy } from './choose-copies.ts';
import {
  lineageFolder,
  type LineageMarker,
  markersFolder,
  parseCopyKey,
  parseLineageMarker,
  siteFolder,
} from './copy-keys.ts';
import type { ObjectStore, StoreOptions } from './store/object-store.ts';

/** The copies of the newest shop of a name of which there is a copy of the file; none where there is none. */
export async function copiesOfNewest(
  store: ObjectStore,
  database: string,
  options: StoreOptions,
): Promise<ListedCopy[]> {
  const markers = await lineageMarkers(store, database, options);
  for (const { lineage } of markers.sort((left, right) => right.foundedAt - left.foundedAt)) {
    const copies = await copiesOf(store, database, lineage, options);
    if (copies.some(({ kind }) => kind === 'snapshot')) return copies;
  }
  return [];
}

/** The shops that began under a name. */
export async function lineageMarkers(
  store: ObjectStore,
  database: string,
  options: StoreOptions,
): Promise<LineageMarker[]> {
  const markers: LineageMarker[] = [];
  for await (const { key } of store.list(markersFolder(database), options)) {
    const marker = parseLineageMarker(key);
    if (marker !== undefined) markers.push(marker);
  }
  return markers;
}

export function copiesOf(
  store: ObjectStore,
  database: string,
  lineage: string,
  options: StoreOptions,
): Promise<ListedCopy[]> {
  return copiesIn(store, lineageFolder(database, lineage), options);
}

/** What one site has stored of a shop. */
export function copiesOfSite(
  store: ObjectStore,
  site: { database: string; lineage: string; site: string },
  options: StoreOptions,
): Promise<ListedCopy[]> {
  return copiesIn(store, siteFolder(site), options);
}

async function copiesIn(store: ObjectStore, folder: string, options: StoreOptions): Promise<ListedCopy[]> {
  const copies: ListedCopy[] = [];
  for await (const object of store.list(folder, options)) {
    const name = parseCopyKey(object.key);
    if (name !== undefined) copies.push({ ...name, ...object });
  }
  return copies;
}
