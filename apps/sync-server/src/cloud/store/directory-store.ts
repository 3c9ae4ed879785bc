import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as v from 'valibot';
import { makeDurable } from '../../data-folder/durable.ts';
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

const metadataSchema = v.record(v.string(), v.string());

/**
 * Objects as files of a folder, for example on another disk or one that is mounted from elsewhere. Beside each object
 * `<key>` lies `.<key>.metadata`; it is there before the object is, so that an object is never without.
 */
export class DirectoryStore implements ObjectStore {
  readonly place: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.place = `the folder ${folder}`;
  }

  async put(
    key: string,
    content: ObjectContent,
    { metadata, signal }: StoreOptions & { metadata: Metadata },
  ): Promise<void> {
    const path = this.#pathOf(key);
    const part = `${path}.${randomUUID()}`.replace(/[^/]+$/, '.$&.part');
    try {
      signal.throwIfAborted();
      await mkdir(dirname(path), { recursive: true });
      await pipeline(readContent(content), createWriteStream(part, { flags: 'wx', flush: true }), { signal });
      if ((await hashOf(createReadStream(part))) !== (await hashOf(readContent(content))))
        throw new StoreError('damaged', 'What was written is not what can be read there.');
      await writeFile(metadataPathOf(path), JSON.stringify(metadata), { flush: true });
      await rename(part, path);
      await makeDurable(dirname(path));
    } catch (error) {
      // Where not even that can be done, the first failure is the one to tell; what is left there is no object.
      await rm(part, { force: true }).catch(() => undefined);
      throw toStoreError(error, signal);
    }
  }

  async get(key: string, { signal }: StoreOptions): Promise<FetchedObject | undefined> {
    const path = this.#pathOf(key);
    try {
      const { size } = await stat(path);
      const metadata = v.parse(metadataSchema, JSON.parse(await readFile(metadataPathOf(path), 'utf8')));
      return { bytes: size, metadata, content: createReadStream(path, { signal }) };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw toStoreError(error, signal);
    }
  }

  async *list(folder: string, { signal }: StoreOptions): AsyncIterable<ObjectSummary> {
    const before = new Set(await this.#keysIn(folder, signal));
    const found: ObjectSummary[] = [];
    for (const key of (await this.#keysIn(folder, signal)).sort()) {
      signal.throwIfAborted();
      const summary = await this.#summaryOf(key);
      if (summary !== undefined) found.push(summary);
    }
    // A folder that is written to while it is read may show an object, and not one that was there before it. What was there
    // when the first reading ended is in the second one, and so is everything that is older.
    const newest = Math.max(...found.filter(({ key }) => before.has(key)).map(({ storedAt }) => storedAt));
    yield* found.filter(({ key, storedAt }) => before.has(key) || storedAt < newest);
  }

  async roots({ signal }: StoreOptions): Promise<string[]> {
    try {
      const entries = await readdir(this.#folder, { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw toStoreError(error, signal);
    }
  }

  async remove(key: string, { signal }: StoreOptions): Promise<void> {
    const path = this.#pathOf(key);
    try {
      signal.throwIfAborted();
      await rm(path, { force: true });
      await rm(metadataPathOf(path), { force: true });
    } catch (error) {
      throw toStoreError(error, signal);
    }
  }

  async removeLeftovers(folder: string, before: number, { signal }: StoreOptions): Promise<void> {
    const path = join(this.#folder, ...segmentsOfFolder(folder));
    try {
      const names = new Set(await readdir(path));
      for (const name of names) {
        signal.throwIfAborted();
        if (!isLeftover(name, names)) continue;
        const left = join(path, name);
        if ((await stat(left)).mtimeMs < before) await rm(left, { force: true });
      }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw toStoreError(error, signal);
    }
  }

  async #keysIn(folder: string, signal: AbortSignal): Promise<string[]> {
    const path = join(this.#folder, ...segmentsOfFolder(folder));
    try {
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
        .map((entry) => join(entry.parentPath, entry.name).slice(this.#folder.length + 1))
        .map((file) => file.replaceAll('\\', '/'));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw toStoreError(error, signal);
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

async function hashOf(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(stream, hash);
  return hash.digest('hex');
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
