import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import type { CloudFailure } from '@octavo/protocol/messages.ts';
import type { CopyMark } from '@octavo/sync/copy/copy-mark.ts';
import type { Logger } from 'pino';
import { compressFile } from '../data-folder/compress-file.ts';
import { copyKey, type CopyKind, lineageMarkerKey } from './copy-keys.ts';
import type { Copied, CopyOwner, CopySource } from './copy-source.ts';
import { type CopyState, failureOf, uploadedUpTo } from './copy-state.ts';
import { fetchFile } from './fetch-copy.ts';
import { inTime } from './patience.ts';
import { pruneCopies } from './prune-copies.ts';
import { removeDatabase } from './rebuild-shop.ts';
import { copiesOfSite, lineageMarkers } from './stored-shops.ts';
import { type ObjectContent, type ObjectStore, StoreError } from './store/object-store.ts';

export interface CloudCopyOptions {
  database: string;
  store: ObjectStore;
  source: CopySource;
  /** A path for a file that nobody else uses. */
  temporaryPath: () => string;
  /** Reads a file and says if it is not the sound database of a server. @throws Error saying what is wrong with it */
  examine: (path: string) => Promise<unknown>;
  /** Every moment of so long ago can be gone back to; what is only needed for earlier ones is removed. */
  keptMs: number;
  wall: () => number;
  logger: Logger;
  onState: (state: CopyState) => void;
  /** An upload has ended well: how long it took, and what went out. */
  onUploaded?: (upload: { kind: CopyKind; bytes: number; milliseconds: number }) => void;
}

/** A part beyond this size is no small object any more: the whole file is copied in its place. */
const MOST_PART_BYTES = 8 * 1024 * 1024;
/** Parts are never too much below this size… */
const FEW_BYTES = 256 * 1024;
/** …and beyond this number, however small, reading them back takes longer than reading the file. */
const MOST_PARTS = 1_000;

/** After these nothing can have arrived. Otherwise the object may be there, or may yet come. */
const certain: ReadonlySet<CloudFailure> = new Set<CloudFailure>(['unreachable', 'refused', 'full']);

/**
 * The copy of one database outside the server's disk: a copy of the file now and then, and after each write what was
 * written. Uploads happen while somebody handles a write or asks for one, never by a timer, and one at a time: what is
 * written meanwhile goes out together in the next one [CC-3].
 */
export class CloudCopy {
  readonly #options: CloudCopyOptions;
  #owner: CopyOwner | undefined;
  #mark: CopyMark | undefined;
  #state: CopyState | undefined;
  /** The largest version under which something may have arrived; undefined until the store was asked once. */
  #tried: number | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(options: CloudCopyOptions) {
    this.#options = options;
  }

  /** Undefined until {@link begin} has found out. */
  get state(): CopyState | undefined {
    return this.#state;
  }

  /** Finds out how far the copy is, now that the file is open: it may be another one. Asks the database only. */
  async begin(): Promise<void> {
    const { head, mark, ...owner } = await this.#options.source.standing();
    const known = this.#owner !== undefined && isSameOwner(owner, this.#owner) ? this.#state : undefined;
    this.#setOwner(owner);
    this.#mark = mark;
    const uploaded = uploadedUpTo(mark);
    if (uploaded.through >= head) this.#show({ state: 'current', ...uploaded });
    // What is known of the store is more than what the file says.
    else if (known === undefined || known.state === 'current')
      this.#fail('not-yet-copied', 'The last changes are not copied yet.');
    else this.#show(known);
  }

  /** Copies everything that is written by now. Settles when that has been tried; {@link state} tells what came of it. */
  upload(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#run().finally(() => (this.#running = undefined));
      return this.#running;
    }
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.upload();
    });
    return this.#next;
  }

  async #run(): Promise<void> {
    const { logger, database } = this.#options;
    this.#show({ state: 'uploading', ...uploadedUpTo(this.#mark), failing: failureOf(this.#state) });
    try {
      if (this.#owner === undefined) await this.begin();
      await this.#uploadNext();
      this.#show({ state: 'current', ...uploadedUpTo(this.#mark) });
    } catch (error) {
      const failure = error instanceof StoreError ? error.failure : 'failed';
      const message = error instanceof Error ? error.message : String(error);
      logger.warn({ database, failure, err: error }, 'the copy in the cloud failed');
      this.#fail(failure, message);
    }
  }

  async #uploadNext(): Promise<void> {
    const before = this.#mark;
    if (before === undefined || before.version === 0 || before.changesCount >= MOST_PARTS)
      return this.#uploadFile();
    const part = await this.#options.source.part(before.uploadedThrough, MOST_PART_BYTES);
    // After a restore the file is another site's, which begins a copy of its own.
    if (part === undefined || this.#owner === undefined || !isSameOwner(part, this.#owner))
      return this.#uploadFile();
    if (part.through <= before.uploadedThrough) return;
    const changesBytes = before.changesBytes + part.bytes.length;
    if (changesBytes > Math.max(before.snapshotBytes, FEW_BYTES)) return this.#uploadFile();
    const began = performance.now();
    const put = await this.#put('changes', part, { kind: 'bytes', bytes: part.bytes }, sha256Of(part.bytes));
    const { snapshotBytes, changesCount } = before;
    await this.#note(part, put.version, { snapshotBytes, changesBytes, changesCount: changesCount + 1 });
    this.#report('changes', part.bytes.length, began);
  }

  async #uploadFile(): Promise<void> {
    const { source, temporaryPath } = this.#options;
    const [plain, path] = [temporaryPath(), temporaryPath()];
    const began = performance.now();
    try {
      const copied = await source.file(plain);
      const sha256 = await compressFile(plain, path);
      const { size: bytes } = await stat(path);
      const isNew = this.#owner === undefined || !isSameOwner(copied, this.#owner);
      if (isNew) this.#mark = undefined;
      this.#setOwner(copied);
      if (this.#mark === undefined || this.#mark.version === 0) await this.#putMarker(copied);
      const { key, version } = await this.#put('snapshot', copied, { kind: 'file', path, bytes }, sha256);
      await this.#readBack(key, bytes, plain);
      await this.#note(copied, version, { snapshotBytes: bytes, changesBytes: 0, changesCount: 0 });
      this.#report('snapshot', bytes, began);
    } finally {
      await removeDatabase(plain);
      await rm(path, { force: true });
    }
    await this.#prune();
  }

  async #put(
    kind: CopyKind,
    { lineage, site, epoch, through }: Copied,
    content: ObjectContent,
    sha256: string,
  ): Promise<{ key: string; version: number }> {
    const { database, store, wall } = this.#options;
    this.#tried ??= await this.#newestOf({ lineage, site });
    const before = this.#tried;
    const version = Math.max(this.#mark?.version ?? 0, before) + 1;
    const bytes = content.kind === 'bytes' ? content.bytes.length : content.bytes;
    const key = copyKey({ database, lineage, site, version, epoch, kind });
    const metadata = {
      'db-version': String(version),
      'log-version': String(through),
      'copied-at': new Date(wall()).toISOString(),
      sha256,
    };
    this.#tried = version;
    try {
      await inTime(bytes, (signal) => store.put(key, content, { signal, metadata }));
    } catch (error) {
      if (error instanceof StoreError && certain.has(error.failure)) this.#tried = before;
      throw error;
    }
    return { key, version };
  }

  /** The newest version that a site has stored, also where a crash came before the note of it. */
  async #newestOf(site: Pick<CopyOwner, 'lineage' | 'site'>): Promise<number> {
    const { store, database } = this.#options;
    const copies = await inTime(0, (signal) => copiesOfSite(store, { database, ...site }, { signal }));
    return copies.reduce((newest, { version }) => Math.max(newest, version), 0);
  }

  #setOwner(owner: CopyOwner): void {
    if (this.#owner === undefined || !isSameOwner(owner, this.#owner)) this.#tried = undefined;
    this.#owner = owner;
  }

  /** A copy of the file is one once it was read back from the store and found sound. */
  async #readBack(key: string, bytes: number, path: string): Promise<void> {
    const { store, examine } = this.#options;
    try {
      await inTime(bytes, (signal) => fetchFile(store, key, path, { signal }));
      await examine(path).catch((cause: unknown) => {
        const words = cause instanceof Error ? cause.message : String(cause);
        throw new StoreError('damaged', `The copy was read back and is not sound: ${words}`, { cause });
      });
    } catch (error) {
      if (error instanceof StoreError && error.failure === 'damaged') await this.#remove(key);
      throw error;
    }
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

  /** Says that this shop began under this name, for whoever finds several; where nobody has said so yet. */
  async #putMarker({ lineage }: CopyOwner): Promise<void> {
    const { database, store, wall } = this.#options;
    const markers = await inTime(0, (signal) => lineageMarkers(store, database, { signal }));
    if (markers.some((marker) => marker.lineage === lineage)) return;
    const key = lineageMarkerKey({ database, foundedAt: wall(), lineage });
    const nothing: ObjectContent = { kind: 'bytes', bytes: new Uint8Array() };
    await inTime(0, (signal) => store.put(key, nothing, { signal, metadata: {} }));
  }

  /** From here on the upload has happened. */
  async #note(
    copied: Copied,
    version: number,
    sizes: Pick<CopyMark, 'snapshotBytes' | 'changesBytes' | 'changesCount'>,
  ): Promise<void> {
    const { source, wall } = this.#options;
    const mark = { version, uploadedThrough: copied.through, uploadedAt: wall(), ...sizes };
    await source.mark(copied, mark);
    this.#mark = mark;
  }

  /** What nobody can want to go back to any more. The copy is well also where that fails. */
  async #prune(): Promise<void> {
    const { database, store, wall, keptMs, logger } = this.#options;
    if (this.#owner === undefined) return;
    try {
      const removed = await pruneCopies(store, { database, ...this.#owner, before: wall() - keptMs });
      if (removed > 0) logger.info({ database, removed }, 'old copies removed');
    } catch (error) {
      logger.warn({ database, err: error }, 'old copies could not be removed');
    }
  }

  #report(kind: CopyKind, bytes: number, began: number): void {
    this.#options.onUploaded?.({ kind, bytes, milliseconds: performance.now() - began });
  }

  #fail(failure: CloudFailure, message: string): void {
    this.#show({ state: 'failed', failure, message, ...uploadedUpTo(this.#mark) });
  }

  #show(state: CopyState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

function isSameOwner(left: CopyOwner, right: CopyOwner): boolean {
  return left.site === right.site && left.lineage === right.lineage;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
