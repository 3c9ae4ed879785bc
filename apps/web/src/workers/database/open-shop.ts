import { RemoteError } from '@octavo/rpc/remote-error.ts';
import { isOfTheFile } from '#lib/recovery/set-aside.ts';
import { isStorageRefusal, type Keeping, type MemoryFiles } from '#lib/storage/keeping.ts';
import type { DatabaseFolder, OpenedFile } from './database-folder.ts';
import { clock } from './environment.ts';
import { describeDatabaseError } from './errors.ts';
import { OpfsFolder } from './generations/folder.ts';
import { Generations } from './generations/generations.ts';
import { MemoryDisk } from './memory-disk.ts';

/** The folder of a database, and which of its files is the database. */
export interface Ground {
  folder: DatabaseFolder;
  generations: Generations;
}

/**
 * Finds the files of a database. Throws RemoteError `no-storage` where this window may not keep any, though its page
 * thought so.
 */
export async function findGround(name: string, keeping: Keeping, files: MemoryFiles): Promise<Ground> {
  const folder =
    keeping === 'memory' ? new MemoryDisk(files) : await refusalByName(() => OpfsFolder.of(name));
  return { folder, generations: await Generations.read(folder, name, () => clock.wall()) };
}

/**
 * Opens the database and puts it to use. With `setAside`, one that cannot be opened is kept, and a new one made: then
 * `wasSetAside`. Throws SqliteError, what putting to use throws, and RemoteError `generations-unreadable`, `no-storage`.
 */
export async function openShop<Used>(
  { folder, generations }: Ground,
  options: { wasm: WebAssembly.Module; setAside: boolean; onBlocked: () => void },
  use: (file: OpenedFile) => Used,
): Promise<{ used: Used; file: OpenedFile; wasSetAside: boolean }> {
  const open = async () => {
    if (await generations.isUndecided()) throw undecided();
    const file = await refusalByName(() =>
      folder.open(generations.currentFile, options.wasm, options.onBlocked),
    );
    try {
      return { used: use(file), file };
    } catch (error) {
      closeAnyway(file);
      throw error;
    }
  };
  try {
    return { ...(await open()), wasSetAside: false };
  } catch (error) {
    const { code } = describeDatabaseError(error, () => undefined);
    if (!options.setAside || !isOfTheFile(code)) throw error;
    await generations.setAside();
    return { ...(await open()), wasSetAside: true };
  }
}

function undecided(): RemoteError {
  const message = 'The record of which file is the database cannot be read, and there are several.';
  return new RemoteError({ code: 'generations-unreadable', message, details: undefined });
}

async function refusalByName<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!isStorageRefusal(error)) throw error;
    throw new RemoteError({ code: 'no-storage', message: String(error), details: undefined });
  }
}

/** What cannot be used is let go, so that it can be put aside; why it cannot be used is the news, not how it ended. */
function closeAnyway({ database }: OpenedFile): void {
  try {
    database.close();
  } catch {
    // An instance that trapped has let go of its file already.
  }
}
