import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';

import type { FileSystem, StoredFile } from './file-system.ts';
import { errnoOf, type NodeOperation, nodeStorageError } from './node-errors.ts';

/** Windows offers no way to sync a directory, and needs none: NTFS journals its names. */
const CAN_SYNC_DIRECTORIES = process.platform !== 'win32';

/** Files of the operating system, by path. `onRelease` lets go of the lock that the caller holds. */
export class NodeFileSystem implements FileSystem {
  readonly #open = new Set<NodeFile>();
  readonly #onRelease: () => void;
  #released = false;

  constructor(onRelease: () => void) {
    this.#onRelease = onRelease;
  }

  open(path: string, create: boolean): StoredFile {
    return attempt('open', path, () => {
      const { descriptor, created } = openFile(path, create);
      const file = new NodeFile(path, descriptor, created, () => this.#open.delete(file));
      this.#open.add(file);
      return file;
    });
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  delete(path: string): void {
    attempt('delete', path, () => {
      if (!existsSync(path)) return;
      rmSync(path);
      syncDirectory(dirname(path));
    });
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    try {
      for (const file of [...this.#open]) file.close();
    } finally {
      this.#onRelease();
    }
  }
}

class NodeFile implements StoredFile {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #onClose: () => void;
  #nameIsDurable: boolean;

  constructor(path: string, descriptor: number, created: boolean, onClose: () => void) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#nameIsDurable = !created;
    this.#onClose = onClose;
  }

  size(): number {
    return attempt('measure', this.#path, () => fstatSync(this.#descriptor).size);
  }

  read(into: Uint8Array, offset: number): number {
    return attempt('read', this.#path, () => {
      let done = 0;
      while (done < into.byteLength) {
        const bytes = readSync(this.#descriptor, into, done, into.byteLength - done, offset + done);
        if (bytes === 0) break;
        done += bytes;
      }
      return done;
    });
  }

  write(from: Uint8Array, offset: number): void {
    attempt('write', this.#path, () => {
      let done = 0;
      while (done < from.byteLength) {
        done += writeSync(this.#descriptor, from, done, from.byteLength - done, offset + done);
      }
    });
  }

  truncate(size: number): void {
    attempt('truncate', this.#path, () => ftruncateSync(this.#descriptor, size));
  }

  sync(): void {
    attempt('sync', this.#path, () => {
      fdatasyncSync(this.#descriptor);
      if (this.#nameIsDurable) return;
      syncDirectory(dirname(this.#path));
      this.#nameIsDurable = true;
    });
  }

  close(): void {
    this.#onClose();
    closeSync(this.#descriptor);
  }
}

function openFile(path: string, create: boolean): { descriptor: number; created: boolean } {
  try {
    return { descriptor: openSync(path, 'r+'), created: false };
  } catch (error) {
    if (!create || errnoOf(error) !== 'ENOENT') throw error;
  }
  return { descriptor: openSync(path, 'wx+', 0o644), created: true };
}

/** Makes the names in a directory survive a power cut. */
function syncDirectory(path: string): void {
  if (!CAN_SYNC_DIRECTORIES) return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function attempt<Result>(operation: NodeOperation, path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw nodeStorageError(operation, path, error);
  }
}
