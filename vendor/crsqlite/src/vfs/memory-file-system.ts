import { BUSY, CANTOPEN } from '../result-codes.ts';
import { type FileSystem, StorageError, type StoredFile } from './file-system.ts';
import { MemoryFile, type SectorSurvives } from './memory-file.ts';

/** What changes a disk, or makes a change last. */
export type DiskOperation = 'create' | 'write' | 'truncate' | 'sync' | 'delete';

/**
 * A disk in memory, for tests, the simulator, and browsers without OPFS. Several databases may lie on it; each opens it through its
 * own {@link mount}.
 */
export class MemoryFileSystem {
  /**
   * Called before everything that changes the disk. It may look at the disk, as {@link snapshotDurable} does, or fail the
   * operation by throwing a StorageError.
   */
  beforeOperation: (operation: DiskOperation, name: string) => void = () => undefined;
  readonly #files = new Map<string, MemoryFile>();
  readonly #mounted = new Set<string>();

  /**
   * The file system as one database sees it, holding the lock on its file.
   * @throws StorageError busy while another database holds it.
   */
  mount(name: string): FileSystem {
    if (this.#mounted.has(name)) {
      throw new StorageError(`"${name}" is already open in this memory file system; close it first.`, BUSY);
    }
    this.#mounted.add(name);
    let released = false;
    return {
      open: (file, create) => this.#open(file, create),
      exists: (file) => this.#files.has(file),
      delete: (file) => {
        this.beforeOperation('delete', file);
        this.#files.delete(file);
      },
      release: () => {
        if (!released) this.#mounted.delete(name);
        released = true;
      },
    };
  }

  names(): string[] {
    return [...this.#files.keys()];
  }

  /** A copy of a file's content, sound when no transaction is open; undefined when there is no such file. */
  read(name: string): Uint8Array | undefined {
    return this.#files.get(name)?.content();
  }

  /** Makes or replaces a database that is closed, on the disk at once. */
  write(name: string, bytes: Uint8Array): void {
    // The journal of an earlier file of that name would be rolled back into the new one.
    this.delete(name);
    this.#files.set(name, MemoryFile.synced(bytes.slice()));
  }

  /** Deletes a database that is closed, with its journal. */
  delete(name: string): void {
    this.#files.delete(name);
    this.#files.delete(`${name}-journal`);
  }

  /** A second disk with the same content as this one has now, synced or not. */
  clone(): MemoryFileSystem {
    return this.#copy((file) => file.content());
  }

  /**
   * The disk as a power cut at this moment would leave it: what was synced, and of the sectors written since then those that
   * `survives` says; a disk may write them in any order. This disk goes on as if nothing had happened.
   */
  snapshotDurable(survives?: SectorSurvives): MemoryFileSystem {
    return this.#copy((file) => (file.everSynced ? file.afterPowerCut(survives) : undefined));
  }

  #copy(contentOf: (file: MemoryFile) => Uint8Array | undefined): MemoryFileSystem {
    const copy = new MemoryFileSystem();
    for (const [name, file] of this.#files) {
      const content = contentOf(file);
      if (content !== undefined) copy.#files.set(name, MemoryFile.synced(content));
    }
    return copy;
  }

  #open(name: string, create: boolean): StoredFile {
    let file = this.#files.get(name);
    if (file === undefined) {
      if (!create) throw new StorageError(`there is no file "${name}"`, CANTOPEN);
      this.beforeOperation('create', name);
      file = new MemoryFile();
      this.#files.set(name, file);
    }
    return this.#watched(name, file);
  }

  #watched(name: string, file: MemoryFile): StoredFile {
    return {
      size: () => file.size(),
      read: (into, offset) => file.read(into, offset),
      write: (from, offset) => {
        this.beforeOperation('write', name);
        file.write(from, offset);
      },
      truncate: (size) => {
        this.beforeOperation('truncate', name);
        file.truncate(size);
      },
      sync: () => {
        this.beforeOperation('sync', name);
        file.sync();
      },
      close: () => file.close(),
    };
  }
}
