import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import type { CopyMark } from '@octavo/sync/copy/copy-mark.ts';
import type { Logger } from 'pino';
import { compressFile } from '../data-folder/compress-file.ts';
import { copyKey, type CopyKind, lineageMarkerKey } from './copy-keys.ts';
import type { Copied, CopyOwner, CopySource } from './copy-source.ts';
import { type ObjectContent, type ObjectStore, StoreError, type StoreFailure } from './store/object-store.ts';

/** Whether what is in a database is also outside the server's disk. */
export type CopyState =
  | { state: 'current'; version: number; through: bigint; at: number }
  | { state: 'uploading'; version: number; through: bigint; at: number | undefined }
  | { state: 'failed'; failure: CopyFailure; message: string; version: number; at: number | undefined };

export type CopyFailure =
  | StoreFailure
  /** Something was written that no upload has taken along yet, as after a crash. */
  | 'not-yet-copied';

export interface CloudCopyOptions {
  database: string;
  store: ObjectStore;
  source: CopySource;
  /** A path for a file that nobody else uses. */
  temporaryPath: () => string;
  wall: () => number;
  logger: Logger;
  onState: (state: CopyState) => void;
}

/** A part beyond this size is no small object any more: the whole file is copied in its place. */
const MOST_PART_BYTES = 8 * 1024 * 1024;
/** Parts are never called too many below this size. */
const FEW_BYTES = 256 * 1024;

/** An upload is given up after so long, and a second more for each of these many bytes. */
const PATIENCE_MS = 8_000;
const SLOWEST_BYTES_PER_SECOND = 128 * 1024;

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
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(options: CloudCopyOptions) {
    this.#options = options;
  }

  /** Undefined until {@link begin} has found out. */
  get state(): CopyState | undefined {
    return this.#state;
  }

  /** Finds out how far the copy is. Asks the database only. */
  async begin(): Promise<void> {
    const { head, mark, ...owner } = await this.#options.source.standing();
    this.#owner = owner;
    this.#mark = mark;
    if (mark !== undefined && mark.uploadedThrough >= head) this.#show(currentAt(mark));
    else this.#fail('not-yet-copied', 'The last changes are not copied yet.');
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
    const mark = this.#mark;
    const progress = {
      version: mark?.version ?? 0,
      through: mark?.uploadedThrough ?? 0n,
      at: mark?.uploadedAt,
    };
    this.#show({ state: 'uploading', ...progress });
    try {
      const uploaded = await this.#uploadNext();
      await this.#options.source.mark(uploaded);
      this.#mark = uploaded;
      this.#show(currentAt(uploaded));
    } catch (error) {
      const failure = error instanceof StoreError ? error.failure : 'failed';
      const message = error instanceof Error ? error.message : String(error);
      logger.warn({ database, failure, err: error }, 'the copy in the cloud failed');
      this.#fail(failure, message);
    }
  }

  async #uploadNext(): Promise<CopyMark> {
    const { source } = this.#options;
    const before = this.#mark;
    if (before !== undefined) {
      const part = await source.part(before.uploadedThrough, MOST_PART_BYTES);
      // After a restore the file is another site's, which begins a copy of its own.
      if (part !== undefined && part.site === this.#owner?.site && part.lineage === this.#owner.lineage) {
        const changesBytes = before.changesBytes + part.bytes.length;
        if (changesBytes <= Math.max(before.snapshotBytes, FEW_BYTES)) {
          await this.#put('changes', part, { kind: 'bytes', bytes: part.bytes }, sha256Of(part.bytes));
          return this.#marked(part, { snapshotBytes: before.snapshotBytes, changesBytes });
        }
      }
    }
    return this.#uploadFile();
  }

  async #uploadFile(): Promise<CopyMark> {
    const { source, temporaryPath } = this.#options;
    const [plain, path] = [temporaryPath(), temporaryPath()];
    try {
      const copied = await source.file(plain);
      const sha256 = await compressFile(plain, path);
      const { size: bytes } = await stat(path);
      if (this.#mark === undefined || copied.lineage !== this.#owner?.lineage) await this.#putMarker(copied);
      this.#owner = copied;
      await this.#put('snapshot', copied, { kind: 'file', path, bytes }, sha256);
      return this.#marked(copied, { snapshotBytes: bytes, changesBytes: 0 });
    } finally {
      for (const file of [plain, path]) await rm(file, { force: true });
    }
  }

  async #put(
    kind: CopyKind,
    { lineage, site, epoch, through }: Copied,
    content: ObjectContent,
    sha256: string,
  ): Promise<void> {
    const { database, store, wall } = this.#options;
    const version = this.#nextVersion();
    const bytes = content.kind === 'bytes' ? content.bytes.length : content.bytes;
    const key = copyKey({ database, lineage, site, version, epoch, kind });
    const metadata = {
      'db-version': String(version),
      'log-version': String(through),
      'copied-at': new Date(wall()).toISOString(),
      sha256,
    };
    await inTime(bytes, (signal) => store.put(key, content, { signal, metadata }));
  }

  /** Says that this shop began under this name, for whoever finds several. */
  async #putMarker({ lineage }: CopyOwner): Promise<void> {
    const { database, store, wall } = this.#options;
    const key = lineageMarkerKey({ database, foundedAt: wall(), lineage });
    const nothing: ObjectContent = { kind: 'bytes', bytes: new Uint8Array() };
    await inTime(0, (signal) => store.put(key, nothing, { signal, metadata: {} }));
  }

  #marked({ through }: Copied, sizes: Pick<CopyMark, 'snapshotBytes' | 'changesBytes'>): CopyMark {
    return {
      version: this.#nextVersion(),
      uploadedThrough: through,
      uploadedAt: this.#options.wall(),
      ...sizes,
    };
  }

  #nextVersion(): number {
    return (this.#mark?.version ?? 0) + 1;
  }

  #fail(failure: CopyFailure, message: string): void {
    this.#show({
      state: 'failed',
      failure,
      message,
      version: this.#mark?.version ?? 0,
      at: this.#mark?.uploadedAt,
    });
  }

  #show(state: CopyState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function currentAt({ version, uploadedThrough, uploadedAt }: CopyMark): CopyState {
  return { state: 'current', version, through: uploadedThrough, at: uploadedAt };
}

/** Gives up what takes too long for what it is. */
async function inTime<Result>(bytes: number, run: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const milliseconds = PATIENCE_MS + (bytes / SLOWEST_BYTES_PER_SECOND) * 1000;
  const controller = new AbortController();
  const words = `The store had not taken it after ${Math.round(milliseconds / 1000)} s.`;
  const timer = setTimeout(() => controller.abort(new StoreError('silent', words)), milliseconds);
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
