import { openMemory } from '@octavo/crsqlite/browser.ts';
import { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import type { MemoryFiles } from '#lib/storage/keeping.ts';
import type { DatabaseFolder, OpenedFile } from './database-folder.ts';
import type { FolderFile } from './generations/folder.ts';

const EXPORT_NAME = 'export';

/** The folder of a database in a window that has no files: all of it is gone with the page. */
export class MemoryDisk implements DatabaseFolder {
  readonly #disk = new MemoryFileSystem();

  constructor(files: MemoryFiles = []) {
    // In order: writing a database would delete a journal that was written before it.
    for (const [name, bytes] of [...files].sort(([one], [other]) => one.length - other.length))
      this.#disk.write(name, bytes);
  }

  files(): Promise<FolderFile[]> {
    return Promise.resolve(
      this.#disk.names().map((name) => ({ name, size: this.#disk.read(name)?.length ?? 0 })),
    );
  }

  read(name: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#disk.read(name));
  }

  write(name: string, at: number, bytes: Uint8Array): Promise<void> {
    const before = this.#disk.read(name) ?? new Uint8Array();
    const after = new Uint8Array(Math.max(before.length, at + bytes.length));
    after.set(before);
    after.set(bytes, at);
    this.#disk.write(name, after);
    return Promise.resolve();
  }

  remove(name: string): Promise<void> {
    this.#disk.delete(name);
    return Promise.resolve();
  }

  file(name: string): Promise<Blob | undefined> {
    const bytes = this.#disk.read(name);
    return Promise.resolve(bytes && new Blob([bytes.slice()]));
  }

  async open(name: string, wasm: WebAssembly.Module): Promise<OpenedFile> {
    const database = await openMemory({ name, wasm, fileSystem: this.#disk });
    return {
      database,
      exportFile: () => {
        database.prepare('VACUUM INTO ?').run(EXPORT_NAME);
        const bytes = this.#disk.read(EXPORT_NAME);
        this.#disk.delete(EXPORT_NAME);
        return Promise.resolve(new Blob([new Uint8Array(bytes ?? [])], { type: 'application/vnd.sqlite3' }));
      },
    };
  }

  contents(): MemoryFiles {
    return this.#disk.names().flatMap((name) => {
      const bytes = this.#disk.read(name);
      return bytes === undefined ? [] : [[name, bytes] as const];
    });
  }
}
