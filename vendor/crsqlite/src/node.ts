import { resolve } from 'node:path';

import type { Database } from './database.ts';
import { takeLockFile } from './lock-file.ts';
import { compiledWasm } from './node-wasm.ts';
import { openDatabase } from './open-database.ts';
import { NodeFileSystem } from './vfs/node-file-system.ts';

/**
 * Opens a database file under Node, creating it when it is not there; its folder must exist. `owner` says to a person what
 * this process is, such as "the sync server", when another one wants the file.
 * @throws SqliteError busy while this or another process has the file open.
 */
export async function openFile(path: string, options: { owner: string }): Promise<Database> {
  const file = resolve(path);
  const compiled = await compiledWasm();
  const unlock = takeLockFile(`${file}-lock`, options.owner);
  return openDatabase({ name: path, file, fileSystem: new NodeFileSystem(unlock), compiled });
}
