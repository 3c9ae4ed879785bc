import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import type { CloudFailure } from '@octavo/protocol/messages.ts';
import type { CopyMark } from '@octavo/sync/copy/copy-mark.ts';
import type { Logger } from 'pino';
import { compressFile } from '../data-folder/compress-file.ts';
import type { CopyKind } from './copy-keys.ts';
import type { Copied, CopyOwner, CopySource } from './copy-source.ts';
import { type CopyState, failureOf, uploadedUpTo } from './copy-state.ts';
import { removeDatabase } from './rebuild-shop.ts';
import { StoredSite } from './stored-site.ts';
import { type ObjectStore, StoreError } from './store/object-store.ts';

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
/** Where the file could not be copied, it is tried again when so many more bytes have gone out in parts. */
const BYTES_UNTIL_RETRY = 256 * 1024;

/**
 * The copy of one database outside the server's disk: a copy of the file now and then, and after each write what was
 * written. Uploads happen while somebody handles a write or asks for one, never by a timer, and one at a time: what is
 * written meanwhile goes out together in the next one [CC-3].
 */
export class CloudCopy {
  readonly #options: CloudCopyOptions;
  #site: StoredSite | undefined;
  /** How far the copy in this store is; undefined where there is none. */
  #mark: CopyMark | undefined;
  #state: CopyState | undefined;
  /** How much had gone out in parts when the file was due and could not be copied. */
  #fileFailedAt: number | undefined;
  #running: Promise<CopyState> | undefined;
  #next: Promise<CopyState> | undefined;

  constructor(options: CloudCopyOptions) {
    this.#options = options;
  }

  /** Undefined until {@link begin} has found out. */
  get state(): CopyState | undefined {
    return this.#state;
  }

  /** Finds out how far the copy is, now that the file is open: it may be another one. Asks the database only. */
  async begin(): Promise<void> {
    const { source, store } = this.#options;
    const { head, mark, ...owner } = await source.standing();
    const known = this.#site?.isOf(owner) === true ? this.#state : undefined;
    this.#setSite(owner, mark?.version ?? 0);
    this.#mark = mark?.place === store.place ? mark : undefined;
    const uploaded = uploadedUpTo(this.#mark);
    if (uploaded.through >= head) this.#show({ state: 'current', ...uploaded });
    // What is known of the store is more than what the file says.
    else if (known === undefined || known.state === 'current')
      this.#fail('not-yet-copied', 'The last changes are not copied yet.');
    else this.#show(known);
  }

  /** Copies everything that is written by now. Resolves with what came of it once that has been tried. */
  upload(): Promise<CopyState> {
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

  async #run(): Promise<CopyState> {
    const { logger, database } = this.#options;
    this.#show({ state: 'uploading', ...uploadedUpTo(this.#mark), failing: failureOf(this.#state) });
    try {
      if (this.#site === undefined) await this.begin();
      await this.#uploadNext();
      return this.#show({ state: 'current', ...uploadedUpTo(this.#mark) });
    } catch (error) {
      const failure = error instanceof StoreError ? error.failure : 'failed';
      const message = error instanceof Error ? error.message : String(error);
      logger.warn({ database, failure, err: error }, 'the copy in the cloud failed');
      return this.#fail(failure, message);
    }
  }

  async #uploadNext(): Promise<void> {
    const [site, before] = [this.#site, this.#mark];
    if (site === undefined || before === undefined || before.version === 0) return this.#uploadFile();
    if (!(await site.stillHas(before.version))) return this.#uploadFile();
    const part = await this.#options.source.part(before.uploadedThrough, MOST_PART_BYTES);
    // After a restore the file is another site's, which begins a copy of its own.
    if (part === undefined || !site.isOf(part)) return this.#uploadFile();
    if (part.through <= before.uploadedThrough) return;
    const changesBytes = before.changesBytes + part.bytes.length;
    if (this.#isFileDue(before, changesBytes)) return this.#uploadDueFile(changesBytes);
    const began = performance.now();
    const { bytes } = part;
    const put = await site.put('changes', part, { kind: 'bytes', bytes }, sha256Of(bytes));
    const { snapshotBytes, changesCount } = before;
    await this.#note(part, put.version, { snapshotBytes, changesBytes, changesCount: changesCount + 1 });
    this.#report('changes', bytes.length, began);
  }

  /** Whether the parts outweigh the file, or are too many; not soon again after that failed: meanwhile parts keep the copy whole. */
  #isFileDue({ snapshotBytes, changesCount }: CopyMark, changesBytes: number): boolean {
    if (changesBytes <= Math.max(snapshotBytes, FEW_BYTES) && changesCount < MOST_PARTS) return false;
    return this.#fileFailedAt === undefined || changesBytes >= this.#fileFailedAt + BYTES_UNTIL_RETRY;
  }

  async #uploadDueFile(changesBytes: number): Promise<void> {
    this.#fileFailedAt = changesBytes;
    await this.#uploadFile();
    this.#fileFailedAt = undefined;
  }

  async #uploadFile(): Promise<void> {
    const { source, temporaryPath, examine, keptMs } = this.#options;
    const [plain, path] = [temporaryPath(), temporaryPath()];
    const began = performance.now();
    try {
      const copied = await source.file(plain);
      const sha256 = await compressFile(plain, path);
      const { size: bytes } = await stat(path);
      const site = this.#setSite(copied, 0);
      const { key, version } = await site.put('snapshot', copied, { kind: 'file', path, bytes }, sha256);
      await site.readBack(key, bytes, { path: plain, examine });
      await site.nameShop();
      await this.#note(copied, version, { snapshotBytes: bytes, changesBytes: 0, changesCount: 0 });
      this.#report('snapshot', bytes, began);
      // Nobody waits for that.
      void site.prune(keptMs);
    } finally {
      await removeDatabase(plain);
      await rm(path, { force: true });
    }
  }

  /** Whose copy it is from now on. What is known of another site's is of no use any more. */
  #setSite(owner: CopyOwner, after: number): StoredSite {
    if (this.#site?.isOf(owner) === true) return this.#site;
    this.#mark = undefined;
    this.#fileFailedAt = undefined;
    this.#site = new StoredSite(this.#options, owner, { after });
    return this.#site;
  }

  /** From here on the upload has happened. */
  async #note(
    copied: Copied,
    version: number,
    sizes: Pick<CopyMark, 'snapshotBytes' | 'changesBytes' | 'changesCount'>,
  ): Promise<void> {
    const { source, wall } = this.#options;
    const { place } = this.#options.store;
    const mark = { place, version, uploadedThrough: copied.through, uploadedAt: wall(), ...sizes };
    await source.mark(copied, mark);
    this.#mark = mark;
  }

  #report(kind: CopyKind, bytes: number, began: number): void {
    this.#options.onUploaded?.({ kind, bytes, milliseconds: performance.now() - began });
  }

  #fail(failure: CloudFailure, message: string): CopyState {
    return this.#show({ state: 'failed', failure, message, ...uploadedUpTo(this.#mark) });
  }

  #show(state: CopyState): CopyState {
    this.#state = state;
    this.#options.onState(state);
    return state;
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
