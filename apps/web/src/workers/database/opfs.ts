import { openOpfs, type OpfsDatabase } from '@octavo/crsqlite/browser.ts';
import { SqliteError } from '@octavo/crsqlite/errors.ts';

const PATIENCE_MS = 10_000;
const PAUSE_MS = 50;
const EXPORT_NAME = 'export';

/**
 * Opens a database in its own directory of the private file system. Waits while another worker still holds it: after a
 * reload or a takeover the browser lets go of the old page's handle a moment late. Throws SqliteError.
 */
export async function openDatabaseFile(name: string, wasm: WebAssembly.Module): Promise<OpfsDatabase> {
  const directory = await directoryOf(name);
  const options = { directory, name, wasm };
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await openOpfs(options);
    } catch (error) {
      const busy = error instanceof SqliteError && error.failure === 'busy';
      if (!busy || performance.now() >= deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** A consistent copy of the whole database, compacted. */
export async function exportDatabase(database: OpfsDatabase): Promise<Blob> {
  const { files } = database;
  await files.prepare(EXPORT_NAME);
  let bytes: Uint8Array | undefined;
  try {
    database.prepare('VACUUM INTO ?').run(EXPORT_NAME);
    bytes = files.read(EXPORT_NAME);
  } finally {
    files.giveBack(EXPORT_NAME);
  }
  const directory = await directoryOf(database.name);
  await directory.removeEntry(EXPORT_NAME);
  return new Blob([new Uint8Array(bytes ?? [])], { type: 'application/vnd.sqlite3' });
}

async function directoryOf(name: string): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  const octavo = await root.getDirectoryHandle('octavo', { create: true });
  return octavo.getDirectoryHandle(name, { create: true });
}
