import { journalOf } from '@octavo/crsqlite/vfs/opfs-file-system.ts';
import { openAccessHandle } from '@octavo/crsqlite/vfs/opfs-handles.ts';
import type { DatabaseFolder, OpenedFile } from '../database-folder.ts';
import { exportDatabase, openDatabaseFile } from '../opfs.ts';

export interface FolderFile {
  name: string;
  /** Bytes. */
  size: number;
}

/** The private folder of one database, as far as its generations need it. */
export interface Folder {
  files(): Promise<FolderFile[]>;
  /** The bytes of a file; undefined where there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Writes into a file, making it where it is not there; on the disk when it resolves. A crash may leave any part of it. */
  write(name: string, at: number, bytes: Uint8Array): Promise<void>;
  /** Deletes a database that is closed, with its journal, where it is there. */
  remove(name: string): Promise<void>;
}

/** A folder of the browser's origin private file system, in a worker. */
export class OpfsFolder implements DatabaseFolder {
  readonly directory: FileSystemDirectoryHandle;

  private constructor(directory: FileSystemDirectoryHandle) {
    this.directory = directory;
  }

  /** The folder of a database, made where it is not there. */
  static async of(database: string): Promise<OpfsFolder> {
    const root = await navigator.storage.getDirectory();
    const octavo = await root.getDirectoryHandle('octavo', { create: true });
    return new OpfsFolder(await octavo.getDirectoryHandle(database, { create: true }));
  }

  async files(): Promise<FolderFile[]> {
    const files: FolderFile[] = [];
    for await (const handle of this.directory.values()) {
      if (!(handle instanceof FileSystemFileHandle)) continue;
      // One that is deleted while the others are looked at is none.
      const file = await this.file(handle.name);
      if (file !== undefined) files.push({ name: handle.name, size: file.size });
    }
    return files;
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    const file = await this.file(name);
    return file === undefined ? undefined : new Uint8Array(await file.arrayBuffer());
  }

  async write(name: string, at: number, bytes: Uint8Array): Promise<void> {
    const handle = await openAccessHandle(this.directory, name);
    try {
      const written = handle.write(bytes, { at });
      if (written < bytes.length)
        throw new DOMException(`"${name}" cannot be written: no room`, 'QuotaExceededError');
      handle.flush();
    } finally {
      handle.close();
    }
  }

  async remove(name: string): Promise<void> {
    // The file first: a journal without its file is harmless, a file without its hot journal is damaged.
    for (const file of [name, journalOf(name)]) {
      try {
        await this.directory.removeEntry(file);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
  }

  async open(name: string, wasm: WebAssembly.Module, onBlocked?: () => void): Promise<OpenedFile> {
    const database = await openDatabaseFile(this.directory, name, wasm, onBlocked);
    return { database, exportFile: () => exportDatabase(this.directory, database) };
  }

  contents(): undefined {
    return undefined;
  }

  async file(name: string): Promise<File | undefined> {
    try {
      return await (await this.directory.getFileHandle(name)).getFile();
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError';
}
