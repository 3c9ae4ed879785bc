import { WasmDatabase } from './connection.ts';
import { SqliteError, TRAPPED } from './errors.ts';
import { CORRUPT, OK, OPEN_CREATE, OPEN_EXRESCODE, OPEN_READWRITE } from './result-codes.ts';
import type { Connection } from './session.ts';
import { SETTINGS } from './settings.ts';
import { type FileSystem, StorageError } from './vfs/file-system.ts';
import { VfsAdapter } from './vfs/vfs-adapter.ts';
import { Wasm } from './wasm.ts';

export interface OpenOptions {
  /** The file's name as its owner knows it. */
  readonly name: string;
  /** What SQLite calls the file when it asks the file system for it. */
  readonly file: string;
  readonly fileSystem: FileSystem;
  readonly compiled: WebAssembly.Module;
}

/**
 * Opens a database, creating it when it is not there, in a WASM instance of its own. A transaction that a crash left
 * unfinished is rolled back. Takes over the file system: it is released when the database is closed, trapped or not opened.
 * @throws SqliteError
 */
export async function openDatabase({ name, file, fileSystem, compiled }: OpenOptions): Promise<WasmDatabase> {
  try {
    const wasm = await Wasm.instantiate(compiled);
    const vfs = new VfsAdapter(fileSystem);
    wasm.registerVfs(vfs);
    const connection = { name, wasm, vfs, fileSystem };
    const { code, handle } = connect(wasm, file);
    if (code !== OK) throw whyNotOpened(connection, file);
    const database = new WasmDatabase({ ...connection, handle });
    for (const setting of SETTINGS) database.exec(setting);
    return database;
  } catch (error) {
    fileSystem.release();
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    throw new SqliteError(`"${name}" cannot be opened: the SQLite instance trapped.`, TRAPPED, {
      cause: error,
    });
  }
}

function connect(wasm: Wasm, file: string): { code: number; handle: number } {
  const path = wasm.allocateText(file);
  const out = wasm.allocate(4);
  const flags = OPEN_READWRITE | OPEN_CREATE | OPEN_EXRESCODE;
  const code = wasm.call._sqlite3_open_v2(path.address, out, flags, 0);
  const handle = wasm.readInt32(out);
  wasm.free(out);
  wasm.free(path.address);
  return { code, handle };
}

/**
 * cr-sqlite reads the file while it is being opened, and when it cannot, says only that it failed. So SQLite itself is asked, by
 * attaching the file to an empty database.
 */
function whyNotOpened(connection: Omit<Connection, 'handle'>, file: string): SqliteError {
  const { name, wasm, vfs } = connection;
  const what = `"${name}" cannot be opened`;
  const storage = vfs.takeFailure();
  if (storage !== undefined) {
    const { cause, resultCode } = storage;
    return new SqliteError(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, resultCode, {
      cause,
    });
  }
  const empty = connect(wasm, ':memory:');
  try {
    if (empty.code === OK) {
      const judge = new WasmDatabase({ ...connection, handle: empty.handle });
      judge.prepare('ATTACH ? AS suspect').run(file);
      judge.exec('SELECT count(*) FROM suspect.sqlite_schema');
    }
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    // Of a damaged schema SQLite says no more here than that it could not be opened.
    const why = error.failure === 'corrupt' ? `it is not a sound database (${error.message})` : error.message;
    return new SqliteError(`${what}: ${why}`, error.resultCode, { cause: error });
  }
  return new SqliteError(
    `${what}: SQLite can read it, but the tables that cr-sqlite keeps in it are not sound.`,
    CORRUPT,
  );
}

/**
 * Runs what takes hold of a file system, and turns the storage's refusal, such as a lock that another holds, into the error that
 * callers of an opener expect.
 */
export async function mounted<Mounted extends FileSystem>(
  mount: () => Mounted | Promise<Mounted>,
): Promise<Mounted> {
  try {
    return await mount();
  } catch (error) {
    if (error instanceof StorageError)
      throw new SqliteError(error.message, error.resultCode, { cause: error.cause });
    throw error;
  }
}
