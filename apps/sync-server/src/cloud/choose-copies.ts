import type { CopyName, LineageMarker } from './copy-keys.ts';

/** An object of a copy, as the store lists it. */
export interface ListedCopy extends CopyName {
  key: string;
  bytes: number;
  storedAt: number;
}

/** Up to where a shop is to be put together: everything, what was stored by a moment, or one version of one site. */
export type UpTo =
  { kind: 'everything' } | { kind: 'time'; at: number } | { kind: 'version'; site: string; version: number };

/** What of one site has to be read: its copy of the file, and every part after it, in their order. */
export interface SiteCopies {
  site: string;
  snapshot: ListedCopy;
  changes: ListedCopy[];
}

/**
 * What has to be read to put a shop together as it was then [CC-4]: of every site the newest copy of its file and the parts
 * after it. The site with the newest copy of a file comes first: the others are merged into it. Empty where there is no
 * copy of a file from then.
 */
export function chooseCopies(copies: readonly ListedCopy[], upTo: UpTo): SiteCopies[] {
  const limit = storedUpTo(copies, upTo);
  const wanted = copies.filter((copy) => copy.storedAt <= limit && !isBeyond(copy, upTo));
  return [...Map.groupBy(wanted, ({ site }) => site).values()]
    .flatMap(copiesOfSite)
    .sort((left, right) => right.snapshot.storedAt - left.snapshot.storedAt);
}

/** The lineage that the shop goes on in: the one that was founded last. */
export function newestLineage(markers: readonly LineageMarker[]): string | undefined {
  return markers.reduce<LineageMarker | undefined>(
    (newest, marker) => (newest === undefined || marker.foundedAt >= newest.foundedAt ? marker : newest),
    undefined,
  )?.lineage;
}

/** A version of one site stands for the moment in which it was stored. */
function storedUpTo(copies: readonly ListedCopy[], upTo: UpTo): number {
  switch (upTo.kind) {
    case 'everything':
      return Infinity;
    case 'time':
      return upTo.at;
    case 'version':
      return Math.max(
        ...copies
          .filter(({ site, version }) => site === upTo.site && version === upTo.version)
          .map(({ storedAt }) => storedAt),
      );
  }
}

function isBeyond({ site, version }: ListedCopy, upTo: UpTo): boolean {
  return upTo.kind === 'version' && site === upTo.site && version > upTo.version;
}

/** None for a site whose copies of files are all newer than what was asked for: then its parts say nothing by themselves. */
function copiesOfSite(copies: readonly ListedCopy[]): SiteCopies[] {
  const snapshot = copies
    .filter(({ kind }) => kind === 'snapshot')
    .reduce<ListedCopy | undefined>(
      (newest, copy) => (newest === undefined || isNewer(copy, newest) ? copy : newest),
      undefined,
    );
  if (snapshot === undefined) return [];
  // A crash may have come between the upload of the file and the note of it: then a part has the same version, and more.
  const changes = copies
    .filter(({ kind, version }) => kind === 'changes' && version >= snapshot.version)
    .sort((left, right) => left.version - right.version);
  return [{ site: snapshot.site, snapshot, changes }];
}

/** Of two with one version, as a crash may leave them, the one that was stored later has more in it. */
function isNewer(copy: ListedCopy, than: ListedCopy): boolean {
  return copy.version > than.version || (copy.version === than.version && copy.storedAt >= than.storedAt);
}
