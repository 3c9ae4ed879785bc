import { constants } from 'node:fs';
import { copyFile, link, mkdir, rename, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDurable } from './durable.ts';

/** Where a database lies, and what becomes of it when another file takes its place. */
export interface ReplacementPaths {
  /** The database, which nobody has open. It need not be there. */
  database: string;
  /** Where the file lies that takes its place, once that is decided. */
  incoming: string;
  /** The folder that keeps the previous file. */
  trash: string;
  /** The name of the previous file in there. */
  trashName: (at: Date) => string;
}

/**
 * Decides that a finished file takes the place of a database: from here on {@link finishReplacement} leads to the end,
 * also after a crash, and nobody may open the database before.
 */
export async function* decideReplacement(
  paths: ReplacementPaths,
  prepared: string,
  now: Date,
): AsyncGenerator<string, void> {
  await mkdir(dirname(paths.incoming), { recursive: true });
  // When it was decided, for whoever has to finish it.
  await utimes(prepared, now, now);
  await makeDurable(prepared);
  yield 'the file is on the disk';
  await rename(prepared, paths.incoming);
  await makeDurable(dirname(paths.incoming));
  yield 'it is decided';
}

/**
 * Puts the file that was decided on in the place of the database, and keeps the previous one. It may be left after any
 * step, and begun again: before the last one the database is the old one or, without its journal, known to be void.
 *
 * @returns Where the previous file lies, where there was one.
 */
export async function* finishReplacement(
  paths: ReplacementPaths,
): AsyncGenerator<string, string | undefined> {
  const { mtime } = await stat(paths.incoming);
  const kept = join(paths.trash, paths.trashName(mtime));
  const had = await exists(paths.database);
  await mkdir(paths.trash, { recursive: true });
  if (had) {
    await keepAlso(paths.database, kept);
    yield 'the previous file has its name in the trash';
  }
  // What a transaction has left in there belongs to the previous file, and would be rolled back into the next one.
  if (await isFilled(`${paths.database}-journal`)) {
    await rename(`${paths.database}-journal`, `${kept}-journal`);
    yield 'its journal is in the trash';
  }
  await makeDurable(paths.trash);
  await rename(paths.incoming, paths.database);
  yield 'the file is in place';
  await makeDurable(dirname(paths.database));
  return had ? kept : undefined;
}

/** Gives a file a second name, or makes a copy where the file system cannot. */
async function keepAlso(path: string, kept: string): Promise<void> {
  // From an attempt that was interrupted.
  if (await exists(kept)) return;
  try {
    await link(path, kept);
  } catch {
    // Which error says that there are no links depends on the file system; a copy fails with the true one.
    await copyFile(path, `${kept}.new`, constants.COPYFILE_FICLONE);
    await makeDurable(`${kept}.new`);
    await rename(`${kept}.new`, kept);
  }
}

async function exists(path: string): Promise<boolean> {
  return (await sizeOf(path)) !== undefined;
}

async function isFilled(path: string): Promise<boolean> {
  return ((await sizeOf(path)) ?? 0) > 0;
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
