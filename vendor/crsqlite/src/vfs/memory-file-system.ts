import { BUSY, CANTOPEN } from '../result-codes.ts';
import { type FileSystem, StorageError, type StoredFile } from './file-system.ts';
import { MemoryFile, type SectorSurvives } from './memory-file.ts';

/**
 * A disk in memory, for tests, the simulator, and browsers without OPFS. Several databases may lie on it; each opens it through
 * its own {@link mount}.
 */
export class MemoryFileSystem {
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
      open: (file, create) => this.#openFile(file, create),
      exists: (file) => this.#files.has(file),
      delete: (file) => void this.#files.delete(file),
      release: () => {
        if (!released) this.#mounted.delete(name);
        released = true;
      },
    };
  }

  names(): string[] {
    return [...this.#files.keys()];
  }

  /** A copy of a file's content, consistent when no transaction is open; undefined when there is no such file. */
  read(name: string): Uint8Array | undefined {
    return this.#files.get(name)?.content();
  }

  /** Makes or replaces a file, on the disk at once. */
  write(name: string, bytes: Uint8Array): void {
    this.#files.set(name, MemoryFile.synced(bytes.slice()));
  }

  delete(name: string): void {
    this.#files.delete(name);
  }

  /** A second disk with the same content as this one has now, synced or not. */
  clone(): MemoryFileSystem {
    const copy = new MemoryFileSystem();
    for (const [name, file] of this.#files) copy.write(name, file.content());
    return copy;
  }

  /**
   * The disk as a power cut at this moment would leave it: what was synced, and of the sectors written since then those that
   * `survives` says; a disk may write them in any order. This disk goes on as if nothing had happened.
   */
  snapshotDurable(survives?: SectorSurvives): MemoryFileSystem {
    const copy = new MemoryFileSystem();
    for (const [name, file] of this.#files) {
      if (file.everSynced) copy.write(name, file.afterPowerCut(survives));
    }
    return copy;
  }

  #openFile(name: string, create: boolean): StoredFile {
    const existing = this.#files.get(name);
    if (existing !== undefined) return existing;
    if (!create) throw new StorageError(`There is no file "${name}".`, CANTOPEN);
    const file = new MemoryFile();
    this.#files.set(name, file);
    return file;
  }
}
