import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

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
  const file = canonicalPath(path);
  const compiled = await compiledWasm();
  const unlock = takeLockFile(`${file}-lock`, options.owner);
  return openDatabase({ name: path, file, fileSystem: new NodeFileSystem(unlock), compiled });
}

/** One file has one lock and one journal, whatever links lead to it. */
function canonicalPath(path: string): string {
  const absolute = resolve(path);
  if (existsSync(absolute)) return realpathSync(absolute);
  const folder = dirname(absolute);
  return existsSync(folder) ? join(realpathSync(folder), basename(absolute)) : absolute;
}
