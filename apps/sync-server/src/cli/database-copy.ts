import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { SqliteError } from '@octavo/crsqlite/errors.ts';
import { openFile } from '@octavo/crsqlite/node.ts';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { CommandFailure } from './command-failure.ts';
import { askServer, refusalOf } from './server-target.ts';
import type { Holder } from './target.ts';

/** Who holds a file that this command has opened, in words. */
export const COMMAND = 'the octavo command';

/**
 * Writes a consistent copy of a database to a new file, whoever holds it. The database itself is not changed, nor
 * migrated.
 * @throws CommandFailure
 */
export async function copyDatabase(
  folder: DataFolder,
  name: string,
  holder: Holder,
  target: string,
): Promise<void> {
  if (holder.kind === 'self') await copyDirectly(folder.pathOf(name), target);
  else await download(await askServer(holder.note, 'GET', `/${name}/file`), target);
}

async function copyDirectly(path: string, target: string): Promise<void> {
  try {
    const database = await openFile(path, { owner: COMMAND });
    try {
      database.prepare('VACUUM INTO ?').run(target);
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof SqliteError) throw new CommandFailure(error.message, { cause: error });
    throw error;
  }
}

async function download(response: Response, target: string): Promise<void> {
  if (!response.ok || response.body === null) throw refusalOf(response, await response.json());
  try {
    // Ends with an error where less came than was announced.
    await pipeline(response.body, createWriteStream(target, { flags: 'wx', mode: 0o600 }));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(`The copy did not arrive completely (${why}). Run the command again.`);
  }
}
