import { chooseCopies, type ListedCopy, newestLineage, type SiteCopies } from './choose-copies.ts';
import type { LineageMarker } from './copy-keys.ts';
import type { CopyKnowledge, MergedFrom } from './copy-source.ts';

/** What of another site's copy is not here yet. */
export interface SiteNews {
  site: string;
  /** What is merged of it, where that is anything. */
  known: MergedFrom | undefined;
  /** The copy of its file with the parts after it. */
  whole: SiteCopies;
  /** The parts alone, where nothing but parts came since: whether they join up is seen when they are read. */
  parts: ListedCopy[] | undefined;
}

/** What a server has to fetch from a store in which others may have written. */
export type CheckPlan =
  /** Nothing is there that is not here. */
  | { kind: 'up-to-date' }
  /** Other sites of the same shop have written. */
  | { kind: 'merge'; news: SiteNews[] }
  /** Nothing is here yet, and there is a shop there. */
  | { kind: 'adopt'; copies: SiteCopies[] }
  /** The store goes on with another shop under this name, and this server has one: a person decides. */
  | { kind: 'parted'; lineage: string };

/**
 * Compares what a store has of a database with what is here. Only within one lineage anything is merged: a shop that was reset,
 * or taken back, does not come back by itself.
 */
export function planCheck(
  own: CopyKnowledge | undefined,
  markers: readonly LineageMarker[],
  copies: readonly ListedCopy[],
): CheckPlan {
  const newest = newestLineage(markers);
  if (newest === undefined) return { kind: 'up-to-date' };
  if (own === undefined || (isUnused(own) && own.lineage !== newest))
    return planAdoption(copies.filter(({ lineage }) => lineage === newest));
  if (own.lineage !== newest && !isFurther(own, newest, markers)) return { kind: 'parted', lineage: newest };
  const news = [...Map.groupBy(copies, ({ lineage, site }) => (lineage === own.lineage ? site : ''))]
    .filter(([site]) => site !== '' && site !== own.site)
    .flatMap(([site, ofSite]) => newsOfSite(site, ofSite, own.merged));
  return news.length === 0 ? { kind: 'up-to-date' } : { kind: 'merge', news };
}

/** Whether nothing was ever written to a shop, nor was it begun on purpose: it lies there because somebody named it. */
export function isUnused({ head, mark }: { head: bigint; mark: unknown }): boolean {
  return head === 0n && mark === undefined;
}

function planAdoption(copies: readonly ListedCopy[]): CheckPlan {
  const chosen = chooseCopies(copies, { kind: 'everything' });
  return chosen.length === 0 ? { kind: 'up-to-date' } : { kind: 'adopt', copies: chosen };
}

/** Whether the shop here ended the store's newest one, or began after it on purpose: its first upload will say so there. */
function isFurther(own: CopyKnowledge, newest: string, markers: readonly LineageMarker[]): boolean {
  if (own.formerLineages.includes(newest)) return true;
  return own.mark?.version === 0 && markers.every(({ lineage }) => lineage !== own.lineage);
}

function newsOfSite(site: string, copies: readonly ListedCopy[], merged: readonly MergedFrom[]): SiteNews[] {
  const known = merged.filter((one) => one.site === site);
  const version = Math.max(0, ...known.map((one) => one.version));
  const isNews = (copy: ListedCopy): boolean =>
    copy.version > version || (copy.version === version && known.every(({ epoch }) => epoch !== copy.epoch));
  const fresh = copies.filter(isNews).sort((left, right) => left.version - right.version);
  const [whole] = chooseCopies(copies, { kind: 'everything' });
  if (fresh.length === 0 || whole === undefined) return [];
  const last = known.reduce<MergedFrom | undefined>(
    (furthest, one) => (furthest === undefined || one.through > furthest.through ? one : furthest),
    undefined,
  );
  const onlyParts = last !== undefined && fresh.every(({ kind }) => kind === 'changes');
  return [{ site, known: last, whole, parts: onlyParts ? fresh : undefined }];
}
