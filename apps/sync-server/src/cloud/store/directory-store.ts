import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import * as v from 'valibot';
import { makeDurable } from '../../data-folder/durable.ts';
import { FolderTurns } from './folder-turns.ts';
import { segmentsOf, segmentsOfFolder } from './object-key.ts';
import {
  type FetchedObject,
  type Metadata,
  type ObjectContent,
  type ObjectStore,
  type ObjectSummary,
  StoreError,
  type StoreFailure,
  type StoreOptions,
} from './object-store.ts';

/** What is read at once. */
const PIECE_BYTES = 256 * 1024;
/** What is written is on the other disk after so much of it, which a slow one takes within the patience for it. */
const DURABLE_EVERY_BYTES = 1024 * 1024;

const metadataSchema = v.record(v.string(), v.string());

/**
 * Objects as files of a folder, for example on another disk or one that is mounted from elsewhere. Beside each object
 * `<key>` lies `.<key>.metadata`; it is there before the object is, so that an object is never without.
 */
export class DirectoryStore implements ObjectStore {
  readonly place: string;
  readonly #folder: string;
  readonly #turns = new FolderTurns();

  constructor(folder: string) {
    this.#folder = folder;
    this.place = `the folder ${folder}`;
  }

  async put(
    key: string,
    content: ObjectContent,
    { metadata, ...options }: StoreOptions & { metadata: Metadata },
  ): Promise<void> {
    const path = this.#pathOf(key);
    const part = `${path}.${randomUUID()}`.replace(/[^/]+$/, '.$&.part');
    await this.#inTurn(options, async () => {
      try {
        await mkdir(dirname(path), { recursive: true });
        await writePart(part, content, options);
        if ((await hashOf(createReadStream(part), options)) !== (await hashOf(readContent(content), options)))
          throw new StoreError('damaged', 'What was written is not what can be read there.');
        await writeFile(metadataPathOf(path), JSON.stringify(metadata), { flush: true });
        options.signal.throwIfAborted();
        await rename(part, path);
        await makeDurable(dirname(path));
      } catch (error) {
        // Where not even that can be done, the first failure is the one to tell; what is left there is no object.
        await rm(part, { force: true }).catch(() => undefined);
        throw error;
      }
    });
  }

  async get(key: string, options: StoreOptions): Promise<FetchedObject | undefined> {
    const path = this.#pathOf(key);
    return this.#inTurn(options, async () => {
      try {
        const { size } = await stat(path);
        const metadata = v.parse(metadataSchema, JSON.parse(await readFile(metadataPathOf(path), 'utf8')));
        return { bytes: size, metadata, content: Readable.from(this.#pieces(path, options)) };
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw error;
      }
    });
  }

  async *list(folder: string, options: StoreOptions): AsyncIterable<ObjectSummary> {
    yield* await this.#inTurn(options, async () => {
      const before = new Set(await this.#keysIn(folder));
      const found: ObjectSummary[] = [];
      for (const key of (await this.#keysIn(folder)).sort()) {
        options.signal.throwIfAborted();
        options.onProgress?.();
        const summary = await this.#summaryOf(key);
        if (summary !== undefined) found.push(summary);
      }
      // A folder that is written to while it is read may show an object, and not one that was there before it. What was there
      // when the first reading ended is in the second one, and so is everything that is older.
      const newest = found
        .filter(({ key }) => before.has(key))
        .reduce((latest, { storedAt }) => Math.max(latest, storedAt), -Infinity);
      return found.filter(({ key, storedAt }) => before.has(key) || storedAt < newest);
    });
  }

  roots(options: StoreOptions): Promise<string[]> {
    return this.#inTurn(options, async () => {
      try {
        const entries = await readdir(this.#folder, { withFileTypes: true });
        return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return [];
        throw error;
      }
    });
  }

  async remove(key: string, options: StoreOptions): Promise<void> {
    const path = this.#pathOf(key);
    await this.#inTurn(options, async () => {
      await rm(path, { force: true });
      await rm(metadataPathOf(path), { force: true });
    });
  }

  async removeLeftovers(folder: string, before: number, options: StoreOptions): Promise<void> {
    const path = join(this.#folder, ...segmentsOfFolder(folder));
    await this.#inTurn(options, async () => {
      try {
        const names = new Set(await readdir(path));
        for (const name of names) {
          options.signal.throwIfAborted();
          options.onProgress?.();
          if (!isLeftover(name, names)) continue;
          const left = join(path, name);
          if ((await stat(left)).mtimeMs < before) await rm(left, { force: true });
        }
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    });
  }

  /** The content of a file, each piece of it in a turn of its own: nobody has to read it to the end. */
  async *#pieces(path: string, options: StoreOptions): AsyncGenerator<Buffer> {
    const opening = this.#inTurn(options, () => open(path));
    let last: Promise<unknown> = opening;
    try {
      const file = await opening;
      while (true) {
        const piece = await this.#inTurn(options, () => {
          const reading = file.read({ buffer: Buffer.allocUnsafe(PIECE_BYTES) });
          last = reading;
          return reading;
        });
        options.onProgress?.();
        if (piece.bytesRead === 0) return;
        yield piece.buffer.subarray(0, piece.bytesRead);
      }
    } finally {
      // A reading that was given up may still be under way.
      const close = async (): Promise<void> => (await opening).close();
      void last.then(close, close).catch(() => undefined);
    }
  }

  async #inTurn<Result>({ signal, onProgress }: StoreOptions, work: () => Promise<Result>): Promise<Result> {
    try {
      onProgress?.();
      return await this.#turns.run(signal, work);
    } catch (error) {
      throw toStoreError(error, signal);
    }
  }

  async #keysIn(folder: string): Promise<string[]> {
    const path = join(this.#folder, ...segmentsOfFolder(folder));
    try {
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
        .map((entry) => join(entry.parentPath, entry.name).slice(this.#folder.length + 1))
        .map((file) => file.replaceAll('\\', '/'));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async #summaryOf(key: string): Promise<ObjectSummary | undefined> {
    try {
      const { size, mtimeMs } = await stat(this.#pathOf(key));
      return { key, bytes: size, storedAt: mtimeMs };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  #pathOf(key: string): string {
    return join(this.#folder, ...segmentsOf(key));
  }
}

function metadataPathOf(path: string): string {
  return path.replace(/[^/\\]+$/, '.$&.metadata');
}

/** The beginning of an object that never came into being, or the metadata of one. */
function isLeftover(name: string, names: ReadonlySet<string>): boolean {
  const [, object] = /^\.(.+)\.metadata$/.exec(name) ?? [];
  return object === undefined ? /^\..+\.part$/.test(name) : !names.has(object);
}

function readContent(content: ObjectContent): Readable {
  switch (content.kind) {
    case 'bytes':
      return Readable.from([content.bytes]);
    case 'file':
      return createReadStream(content.path);
  }
}

/** On disk when it returns: what has been written is made durable again and again, so that it shows that it goes on. */
async function writePart(path: string, content: ObjectContent, options: StoreOptions): Promise<void> {
  const file = await open(path, 'wx');
  try {
    let unsure = 0;
    for await (const piece of piecesOf(readContent(content), options)) {
      await file.appendFile(piece);
      unsure += piece.length;
      if (unsure < DURABLE_EVERY_BYTES) continue;
      await file.datasync();
      options.onProgress?.();
      unsure = 0;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function hashOf(stream: Readable, options: StoreOptions): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of piecesOf(stream, options)) hash.update(piece);
  return hash.digest('hex');
}

async function* piecesOf(stream: Readable, { signal, onProgress }: StoreOptions): AsyncGenerator<Uint8Array> {
  // Of bytes or of a file: there are no texts in it.
  for await (const piece of stream as AsyncIterable<Uint8Array>) {
    signal.throwIfAborted();
    onProgress?.();
    yield piece;
  }
}

const failures: Readonly<Record<string, StoreFailure>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EACCES: 'refused',
  EPERM: 'refused',
  EROFS: 'refused',
  ENOTDIR: 'unreachable',
  EIO: 'failed',
};

function toStoreError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError(failures[codeOf(error) ?? ''] ?? 'failed', message, { cause: error });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
