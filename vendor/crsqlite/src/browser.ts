import type { Database } from './database.ts';
import { mounted, openDatabase } from './open-database.ts';
import { MemoryFileSystem } from './vfs/memory-file-system.ts';
import { OpfsFileSystem } from './vfs/opfs-file-system.ts';

/** The WASM: its address (best: it is compiled while it is downloaded), its bytes, or compiled already. */
export type WasmSource = URL | ArrayBuffer | WebAssembly.Module;

/** A database in OPFS, with the file system that it lies on. */
export interface OpfsDatabase extends Database {
  /** For `VACUUM INTO`, whose target must be prepared and given back, and for the bytes of the result. */
  readonly files: Pick<OpfsFileSystem, 'prepare' | 'read' | 'giveBack'>;
}

/**
 * Opens a database in OPFS, in a dedicated worker, creating it when it is not there.
 * @throws SqliteError busy while another tab or worker has the file open.
 */
export async function openOpfs(options: {
  directory: FileSystemDirectoryHandle;
  name: string;
  wasm: WasmSource;
}): Promise<OpfsDatabase> {
  const { directory, name } = options;
  const compiled = await compileWasm(options.wasm);
  const files = await mounted(() => OpfsFileSystem.open(directory, name));
  const database = await openDatabase({ name, file: name, fileSystem: files, compiled });
  return Object.assign(database, { files });
}

/** Opens a database in memory, for browsers without OPFS; what is in it is lost when the page is closed. */
export async function openMemory(options: {
  wasm: WasmSource;
  name?: string;
  fileSystem?: MemoryFileSystem;
}): Promise<Database> {
  const name = options.name ?? 'memory';
  const disk = options.fileSystem ?? new MemoryFileSystem();
  const compiled = await compileWasm(options.wasm);
  const fileSystem = await mounted(() => disk.mount(name));
  return openDatabase({ name, file: name, fileSystem, compiled });
}

/** Compiles the WASM; a worker that opens several databases does it once and hands the result to each. */
export async function compileWasm(source: WasmSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer) return WebAssembly.compile(source);
  return WebAssembly.compileStreaming(fetch(source));
}
