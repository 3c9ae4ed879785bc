import type { Database } from './database.ts';
import { compiledWasm } from './node-wasm.ts';
import { asSqliteError, openDatabase } from './open-database.ts';
import type { FileSystem } from './vfs/file-system.ts';
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
  return openDatabase({ name, file: name, fileSystem: mount(disk, name), compiled });
}

function mount(disk: MemoryFileSystem, name: string): FileSystem {
  try {
    return disk.mount(name);
  } catch (error) {
    throw asSqliteError(error);
  }
}
