import type { Database } from '@octavo/crsqlite/database.ts';
import { SqliteError } from '@octavo/crsqlite/errors.ts';
import { schema } from '@octavo/shop/schema.ts';
import type { Random } from '@octavo/sync/environment.ts';
import { adoptSnapshot } from '@octavo/sync/snapshot/adopt-snapshot.ts';
import type { SnapshotAccount } from '@octavo/sync/snapshot/snapshot-account.ts';
import { SnapshotError } from '@octavo/sync/snapshot/snapshot-error.ts';
import type { Progress } from '@octavo/sync/state.ts';
import { fetchSnapshot } from './fetch-snapshot.ts';
import { SnapshotFailure } from './snapshot-failure.ts';
import type { SnapshotOffer } from './snapshot-offer.ts';
import { Tries } from './tries.ts';
import { type DownloadFolder, DownloadStore } from './stored-download.ts';
import { isWorthIt, LEAST_BACKLOG, type Standing } from './when-worth-it.ts';

/** What a snapshot has brought. */
export interface FilledFile {
  /** Of the compressed snapshot. */
  bytes: number;
  changes: number;
}

export interface SnapshotSourceOptions {
  /** Where the server has it. */
  address: URL;
  token: string | undefined;
  folder: DownloadFolder;
  /** The file that is filled. */
  target: string;
  /** Opens it. */
  open: () => Promise<Database>;
  random: Random;
  /** How the replica that would stream otherwise stands to the server. */
  standing: () => Standing;
  /** Whether a snapshot is of use to whoever fills the file. Asked before anything is changed. */
  isOfUse: (account: SnapshotAccount) => boolean;
  pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** The server's snapshot as something that a file is filled from, with patience that ends. */
export class SnapshotSource {
  readonly #options: SnapshotSourceOptions;
  readonly #tries = new Tries();
  #furthest = 0;
  #givenUp: string | undefined;

  constructor(options: SnapshotSourceOptions) {
    this.#options = options;
  }

  /** Why no snapshot is fetched any more, in words. */
  get givenUp(): string | undefined {
    return this.#givenUp;
  }

  isWorthAsking(backlog: number): boolean {
    return this.#givenUp === undefined && backlog >= LEAST_BACKLOG;
  }

  /**
   * Fills the file, which nobody may have open, and prepares it for a replica. Undefined where it has come to nothing: the
   * file is not there then. Throws what the device throws, such as for want of room.
   */
  async fill(signal: AbortSignal, onProgress: (progress: Progress) => void): Promise<FilledFile | undefined> {
    const { folder, target, standing, pause } = this.#options;
    const store = await DownloadStore.read(folder);
    try {
      await fetchSnapshot({
        ...this.#options,
        store,
        signal,
        fetch: (...request) => fetch(...request),
        isWanted: (offer, bytesToCome) => isWorthIt({ ...offer, bytesToCome }, standing()),
        onProgress: (unpacked, offer) => {
          // What is unpacked again after a cut is no step back.
          this.#furthest = Math.min(Math.max(this.#furthest, unpacked), offer.bytes);
          onProgress(progressOf(this.#furthest, offer));
        },
      });
      await this.#adopt(store);
      return { bytes: store.stored?.offer.bytes ?? 0, changes: store.stored?.offer.cells ?? 0 };
    } catch (error) {
      await folder.remove(target);
      if (!(error instanceof SnapshotFailure)) throw error;
      const next = this.#tries.after(error.code, store.stored?.size ?? 0);
      if (next.kind === 'give-up') this.#givenUp = error.message;
      else await pause(next.pauseMs, signal);
      return undefined;
    }
  }

  /** Checks the database that came, and makes it a replica's. */
  async #adopt(store: DownloadStore): Promise<void> {
    const { open, random, isOfUse } = this.#options;
    try {
      const database = await open();
      try {
        await check(database);
        const account = adoptSnapshot(database, { schema, random });
        if (!isOfUse(account))
          throw new SnapshotFailure('unsuitable', 'The snapshot lacks something that is here already.');
      } finally {
        database.close();
      }
    } catch (error) {
      const damaged =
        (error instanceof SnapshotFailure && error.code === 'damaged') ||
        error instanceof SnapshotError ||
        (error instanceof SqliteError && error.failure === 'corrupt');
      if (!damaged) throw error;
      await store.refuse();
      throw new SnapshotFailure('damaged', error.message, { cause: error });
    }
  }
}

/**
 * The hash has proven what came; this proves what was written. Table by table, so that others are let through in between.
 * Throws {@link SnapshotFailure}.
 */
async function check(database: Database): Promise<void> {
  const tables = database
    .prepare<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all();
  for (const { name } of tables) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    const found = database.prepare<{ quick_check: string }>(`PRAGMA quick_check("${name}")`).get();
    if (found?.quick_check !== 'ok')
      throw new SnapshotFailure(
        'damaged',
        `The snapshot was not written soundly: ${found?.quick_check ?? name}.`,
      );
  }
}

/** The last change counts once the file is in order: until then it is not through. */
function progressOf(done: number, { bytes, cells }: SnapshotOffer): Progress {
  return { bytes: done, changes: Math.min(cells - 1, Math.floor((cells * done) / bytes)), total: cells };
}
