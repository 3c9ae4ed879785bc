import type { Database } from '@octavo/crsqlite/database.ts';
import type { MemoryFiles } from '#lib/storage/keeping.ts';
import type { Folder } from './generations/folder.ts';

/** An open database with its own way to copy itself. */
export interface OpenedFile {
  database: Database;
  /** A consistent copy of the whole database, compacted. */
  exportFile: () => Promise<Blob>;
}

/** The private folder of one database, in which it can also be opened. */
export interface DatabaseFolder extends Folder {
  /**
   * Opens a database, making it where it is not there. Waits for as long as another worker holds it, and tells when that
   * takes long. Throws SqliteError.
   */
  open(name: string, wasm: WebAssembly.Module, onBlocked?: () => void): Promise<OpenedFile>;
  /** A file that nobody has open, for a download; undefined where there is none. */
  file(name: string): Promise<Blob | undefined>;
  /** What the next worker has to be given to find it all again; undefined where the files stay without that. */
  contents(): MemoryFiles | undefined;
}
