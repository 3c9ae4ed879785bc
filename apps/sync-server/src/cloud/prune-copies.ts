import type { ListedCopy } from './choose-copies.ts';
import { siteFolder } from './copy-keys.ts';
import { inTime } from './patience.ts';
import { copiesOfSite } from './stored-shops.ts';
import type { ObjectStore } from './store/object-store.ts';

/** By then no upload is under way any more. */
const ABANDONED_AFTER_MS = 60 * 60_000;
const AT_ONCE = 8;

/**
 * Which of a site's copies are needed for no moment after `before`: everything older than the copy of the file that was the
 * newest one then. That one and all after it stay, so that something can always be restored.
 */
export function prunableCopies(copies: readonly ListedCopy[], before: number): ListedCopy[] {
  const needed = copies
    .filter(({ kind, storedAt }) => kind === 'snapshot' && storedAt <= before)
    .reduce((newest, { version }) => Math.max(newest, version), 0);
  return copies.filter(({ version }) => version < needed);
}

/** Removes those, the oldest first: what is left after a failure can be restored too. Returns how many. @throws StoreError */
export async function pruneCopies(
  store: ObjectStore,
  { before, ...site }: { database: string; lineage: string; site: string; before: number },
): Promise<number> {
  const copies = await inTime(0, (signal, onProgress) => copiesOfSite(store, site, { signal, onProgress }));
  const removable = prunableCopies(copies, before).sort((left, right) => left.version - right.version);
  for (let index = 0; index < removable.length; index += AT_ONCE)
    await Promise.all(
      removable
        .slice(index, index + AT_ONCE)
        .map(({ key }) => inTime(0, (signal) => store.remove(key, { signal }))),
    );
  const abandoned = Date.now() - ABANDONED_AFTER_MS;
  await inTime(0, (signal) => store.removeLeftovers(siteFolder(site), abandoned, { signal }));
  return removable.length;
}
