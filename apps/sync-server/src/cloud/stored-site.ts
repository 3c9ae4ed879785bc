import type { CloudFailure } from '@octavo/protocol/messages.ts';
import type { Logger } from 'pino';
import type { ListedCopy } from './choose-copies.ts';
import { copyKey, type CopyKind, lineageMarkerKey } from './copy-keys.ts';
import type { Copied, CopyOwner } from './copy-source.ts';
import { fetchFile } from './fetch-copy.ts';
import { inTime } from './patience.ts';
import { pruneCopies } from './prune-copies.ts';
import { copiesOfSite, lineageMarkers } from './stored-shops.ts';
import { type ObjectContent, type ObjectStore, StoreError } from './store/object-store.ts';

export interface StoredSiteOptions {
  database: string;
  store: ObjectStore;
  wall: () => number;
  logger: Logger;
}

/** After these nothing is on its way any more: what has arrived is seen in the store. Otherwise the object may yet come. */
const ended: ReadonlySet<CloudFailure> = new Set<CloudFailure>(['unreachable', 'refused', 'full']);

/** What one site of a shop keeps in a store. No key is used twice: what is there is never changed. */
export class StoredSite {
  readonly #options: StoredSiteOptions;
  readonly #owner: CopyOwner;
  /** Versions go on counting from here, also where the store is another one: servers know them by what they have merged. */
  #after: number;
  /** The largest version under which something may have arrived; undefined while the store has to be asked. */
  #tried: number | undefined;

  constructor(options: StoredSiteOptions, owner: CopyOwner, { after }: { after: number }) {
    this.#options = options;
    this.#owner = owner;
    this.#after = after;
  }

  isOf({ lineage, site }: CopyOwner): boolean {
    return lineage === this.#owner.lineage && site === this.#owner.site;
  }

  /** Whether a version is still there, and a file to begin with: a store may have been emptied. Looks once, and after failures. */
  async stillHas(version: number): Promise<boolean> {
    if (this.#tried !== undefined) return true;
    const copies = await this.#look();
    const isThere = copies.some((copy) => copy.version === version);
    return isThere && copies.some((copy) => copy.kind === 'snapshot' && copy.version <= version);
  }

  /** Puts something under the next version. @throws StoreError */
  async put(
    kind: CopyKind,
    { lineage, site, epoch, through }: Copied,
    content: ObjectContent,
    sha256: string,
  ): Promise<{ key: string; version: number }> {
    const { database, store, wall } = this.#options;
    if (this.#tried === undefined) await this.#look();
    const version = Math.max(this.#after, this.#tried ?? 0) + 1;
    const key = copyKey({ database, lineage, site, version, epoch, kind });
    const metadata = {
      'db-version': String(version),
      'log-version': String(through),
      'copied-at': new Date(wall()).toISOString(),
      sha256,
    };
    const bytes = content.kind === 'bytes' ? content.bytes.length : content.bytes;
    this.#tried = version;
    try {
      await inTime(bytes, (signal, onProgress) => store.put(key, content, { signal, onProgress, metadata }));
    } catch (error) {
      if (error instanceof StoreError && ended.has(error.failure)) this.#tried = undefined;
      throw error;
    }
    this.#after = version;
    return { key, version };
  }

  /**
   * Reads a copy of the file back to a path. One that is not what was put there, or not sound, is none, and is removed.
   * @throws StoreError
   */
  async readBack(
    key: string,
    bytes: number,
    { path, examine }: { path: string; examine: (path: string) => Promise<unknown> },
  ): Promise<void> {
    const { store } = this.#options;
    try {
      await inTime(bytes, (signal, onProgress) => fetchFile(store, key, path, { signal, onProgress }));
      await examine(path).catch((cause: unknown) => {
        const words = cause instanceof Error ? cause.message : String(cause);
        throw new StoreError('damaged', `The copy was read back and is not sound: ${words}`, { cause });
      });
    } catch (error) {
      if (error instanceof StoreError && error.failure === 'damaged') await this.#remove(key);
      throw error;
    }
  }

  /**
   * Says that this shop began under this name, where nobody has said so yet. Not before there is a copy of it: whoever finds
   * its name goes on with it. @throws StoreError
   */
  async nameShop(): Promise<void> {
    const { database, store, wall } = this.#options;
    const { lineage } = this.#owner;
    const markers = await inTime(0, (signal, onProgress) =>
      lineageMarkers(store, database, { signal, onProgress }),
    );
    if (markers.some((marker) => marker.lineage === lineage)) return;
    // The newest one is the one that goes on, also where this machine's clock is behind that of another.
    const foundedAt = markers.reduce((latest, marker) => Math.max(latest, marker.foundedAt + 1), wall());
    const key = lineageMarkerKey({ database, foundedAt, lineage });
    const nothing: ObjectContent = { kind: 'bytes', bytes: new Uint8Array() };
    await inTime(0, (signal) => store.put(key, nothing, { signal, metadata: {} }));
  }

  /** Removes what nobody can want to go back to any more. The copy is well also where that fails: it never rejects. */
  async prune(keptMs: number): Promise<void> {
    const { database, store, wall, logger } = this.#options;
    try {
      const removed = await pruneCopies(store, { database, ...this.#owner, before: wall() - keptMs });
      if (removed > 0) logger.info({ database, removed }, 'old copies removed');
    } catch (error) {
      logger.warn({ database, err: error }, 'old copies could not be removed');
    }
  }

  /** What is there, also where a crash came before the note of it. */
  async #look(): Promise<ListedCopy[]> {
    const { store, database } = this.#options;
    const copies = await inTime(0, (signal, onProgress) =>
      copiesOfSite(store, { database, ...this.#owner }, { signal, onProgress }),
    );
    this.#tried = copies.reduce((newest, { version }) => Math.max(newest, version), 0);
    return copies;
  }

  /** So that nobody restores what is known to be no copy. */
  async #remove(key: string): Promise<void> {
    const { store, logger, database } = this.#options;
    try {
      await inTime(0, (signal) => store.remove(key, { signal }));
    } catch (error) {
      logger.error({ database, key, err: error }, 'a damaged copy could not be removed; remove it by hand');
    }
  }
}
