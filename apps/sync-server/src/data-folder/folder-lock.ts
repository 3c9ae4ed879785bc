import { join } from 'node:path';
import { SqliteError } from '@octavo/crsqlite/errors.ts';
import { takeLockFile } from '@octavo/crsqlite/lock-file.ts';

/** Another process works in the data folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

/**
 * Takes a data folder for this process. Every file in it has its own lock as well; this one keeps a second server from
 * serving half of the databases. The lock of a process that is gone is taken over.
 *
 * @returns The function that lets go of it.
 * @throws FolderInUseError naming the process that works there.
 */
export function lockFolder(path: string, owner: string): () => void {
  try {
    return takeLockFile(join(path, 'folder-lock'), owner);
  } catch (error) {
    if (!(error instanceof SqliteError) || error.failure !== 'busy') throw error;
    throw new FolderInUseError(`The data folder ${path} is in use. ${error.message}`, { cause: error });
  }
}
