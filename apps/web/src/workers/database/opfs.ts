import { openOpfs, type OpfsDatabase } from '@octavo/crsqlite/browser.ts';
import { SqliteError } from '@octavo/crsqlite/errors.ts';

/** The old page's handle is free a moment after its worker is gone… */
const PAUSE_MS = 50;
/** …and whoever still holds it by then may hold it for long. */
const PATIENCE_MS = 3_000;
const LONG_PAUSE_MS = 500;
const EXPORT_NAME = 'export';

/**
 * Opens a database in a directory of the private file system. Waits for as long as another worker holds it, and
 * tells when that takes long: nobody's handle is taken away. Throws SqliteError.
 */
export async function openDatabaseFile(
  directory: FileSystemDirectoryHandle,
  name: string,
  wasm: WebAssembly.Module,
  onBlocked: () => void = () => undefined,
): Promise<OpfsDatabase> {
  const options = { directory, name, wasm };
  const begun = performance.now();
  let blocked = false;
  for (;;) {
    try {
      return await openOpfs(options);
    } catch (error) {
      if (!(error instanceof SqliteError) || error.failure !== 'busy') throw error;
    }
    const long = performance.now() - begun >= PATIENCE_MS;
    if (long && !blocked) onBlocked();
    blocked = long;
    await new Promise((resolve) => setTimeout(resolve, long ? LONG_PAUSE_MS : PAUSE_MS));
  }
}

/** A consistent copy of the whole database, compacted. */
export async function exportDatabase(
  directory: FileSystemDirectoryHandle,
  database: OpfsDatabase,
): Promise<Blob> {
  const { files } = database;
  await files.prepare(EXPORT_NAME);
  let bytes: Uint8Array | undefined;
  try {
    database.prepare('VACUUM INTO ?').run(EXPORT_NAME);
    bytes = files.read(EXPORT_NAME);
  } finally {
    files.giveBack(EXPORT_NAME);
  }
  await directory.removeEntry(EXPORT_NAME);
  return new Blob([new Uint8Array(bytes ?? [])], { type: 'application/vnd.sqlite3' });
}
