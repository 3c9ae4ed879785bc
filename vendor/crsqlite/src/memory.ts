import type { Database } from './database.ts';
import { compiledWasm } from './node-wasm.ts';
import { mounted, openDatabase } from './open-database.ts';
import { MemoryFileSystem } from './vfs/memory-file-system.ts';

/**
 * Opens a database in memory, under Node. Without a file system it has one to itself and vanishes when it is closed.
 * @throws SqliteError busy while another database has the same file open.
 */
export async function openMemory(
  options: { fileSystem?: MemoryFileSystem; name?: string } = {},
): Promise<Database> {
  const name = options.name ?? 'memory';
  const disk = options.fileSystem ?? new MemoryFileSystem();
  const compiled = await compiledWasm();
  const fileSystem = await mounted(() => disk.mount(name));
  return openDatabase({ name, file: name, fileSystem, compiled });
}
