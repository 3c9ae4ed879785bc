import {
  CANTOPEN,
  FULL,
  IOERR_FSTAT,
  IOERR_FSYNC,
  IOERR_READ,
  IOERR_TRUNCATE,
  IOERR_WRITE,
} from '../result-codes.ts';
import { type FileSystem, StorageError, type StoredFile } from './file-system.ts';
import { MemoryFile } from './memory-file.ts';
import { opfsStorageError } from './opfs-errors.ts';
import { openAccessHandle, type SyncAccessHandle } from './opfs-handles.ts';

/** The name SQLite gives to a file's rollback journal. */
export function journalOf(name: string): string {
  return `${name}-journal`;
}

/**
 * Files of the browser's origin private file system, in a dedicated worker. A handle can only be opened asynchronously, and SQLite
 * does not wait, so every file that it may ask for is opened beforehand: the database, its journal, and what
 * {@link prepare} was asked for. A handle excludes every other, in any tab: the database's own is its lock.
 *
 * A handle outlives SQLite's opening and closing of the file, and a deleted file is one that was emptied: an empty journal is none.
 */
export class OpfsFileSystem implements FileSystem {
  readonly #directory: FileSystemDirectoryHandle;
  readonly #files = new Map<string, OpfsFile>();
  /** Journals of prepared files: a copy that a crash interrupts is thrown away whole, so nobody will want to roll it back. */
  readonly #memoryJournals = new Map<string, MemoryFile>();
  #released = false;

  private constructor(directory: FileSystemDirectoryHandle) {
    this.#directory = directory;
  }

  /**
   * Takes the database's file and its journal, creating them when they are not there.
   * @throws StorageError busy while another tab or worker has the file open.
   */
  static async open(directory: FileSystemDirectoryHandle, name: string): Promise<OpfsFileSystem> {
    const files = new OpfsFileSystem(directory);
    try {
      await files.#take(name);
      await files.#take(journalOf(name));
      return files;
    } catch (error) {
      files.release();
      throw error;
    }
  }

  /**
   * Takes one more file and empties it, so that `VACUUM INTO` can write to it. Give it back with {@link giveBack}.
   * @throws StorageError busy while it is open somewhere.
   */
  async prepare(name: string): Promise<void> {
    const file = await this.#take(name);
    file.truncate(0);
    this.#memoryJournals.set(journalOf(name), new MemoryFile());
  }

  /** Closes a prepared file, so that others can open it. */
  giveBack(name: string): void {
    this.#memoryJournals.delete(journalOf(name));
    this.#files.get(name)?.letGo();
    this.#files.delete(name);
  }

  /** A copy of the content of a file that this file system holds: sound when no transaction is open. */
  read(name: string): Uint8Array | undefined {
    const file = this.#files.get(name);
    if (file === undefined) return undefined;
    const bytes = new Uint8Array(file.size());
    file.read(bytes, 0);
    return bytes;
  }

  open(name: string, _create: boolean): StoredFile {
    const file = this.#files.get(name) ?? this.#memoryJournals.get(name);
    if (file === undefined) throw new StorageError(`"${name}" was not prepared`, CANTOPEN);
    return file;
  }

  exists(name: string): boolean {
    const file = this.#files.get(name) ?? this.#memoryJournals.get(name);
    return file !== undefined && file.size() > 0;
  }

  delete(name: string): void {
    const file = this.#files.get(name) ?? this.#memoryJournals.get(name);
    file?.truncate(0);
    file?.sync();
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const file of this.#files.values()) file.letGo();
    this.#files.clear();
  }

  async #take(name: string): Promise<OpfsFile> {
    if (this.#released) throw new StorageError('the file system has been released', CANTOPEN);
    const file = new OpfsFile(name, await openHandle(this.#directory, name));
    this.#files.set(name, file);
    return file;
  }
}

class OpfsFile implements StoredFile {
  readonly #name: string;
  readonly #handle: SyncAccessHandle;

  constructor(name: string, handle: SyncAccessHandle) {
    this.#name = name;
    this.#handle = handle;
  }

  size(): number {
    return attempt(this.#name, IOERR_FSTAT, () => this.#handle.getSize());
  }

  read(into: Uint8Array, offset: number): number {
    return attempt(this.#name, IOERR_READ, () => this.#handle.read(into, { at: offset }));
  }

  write(from: Uint8Array, offset: number): void {
    const written = attempt(this.#name, IOERR_WRITE, () => this.#handle.write(from, { at: offset }));
    // Short of an exception, running out of room is the one reason to write less than asked.
    if (written < from.byteLength) throw new StorageError(`cannot write "${this.#name}": no room`, FULL);
  }

  truncate(size: number): void {
    attempt(this.#name, IOERR_TRUNCATE, () => this.#handle.truncate(size));
  }

  sync(): void {
    attempt(this.#name, IOERR_FSYNC, () => this.#handle.flush());
  }

  close(): void {
    // The handle stays: SQLite may open the file again, and cannot wait for a new one.
  }

  letGo(): void {
    this.#handle.close();
  }
}

async function openHandle(directory: FileSystemDirectoryHandle, name: string): Promise<SyncAccessHandle> {
  try {
    return await openAccessHandle(directory, name);
  } catch (error) {
    throw opfsStorageError(name, CANTOPEN, error);
  }
}

function attempt<Result>(name: string, otherwise: number, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw opfsStorageError(name, otherwise, error);
  }
}
