import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { SqliteError } from '@octavo/crsqlite/errors.ts';
import { CORRUPT } from '@octavo/crsqlite/result-codes.ts';

/**
 * SQLite takes an empty file for a new database. One that was cut off to nothing must not become an empty shop, which
 * every device would take for another one; so a file that is being made is marked beside it until something is in it.
 *
 * @returns What removes the mark.
 * @throws SqliteError corrupt, for an empty file that nobody has just begun.
 */
export function markUnfinished(path: string): () => void {
  const mark = `${path}-creating`;
  if (!existsSync(path)) closeSync(openSync(mark, 'w'));
  else if (statSync(path).size === 0 && !existsSync(mark) && !isFilled(`${path}-journal`))
    throw new SqliteError(
      `"${path}" is empty: what was in it is lost. Put a backup in its place (octavo db restore), or delete it to begin anew.`,
      CORRUPT,
    );
  return () => rmSync(mark, { force: true });
}

function isFilled(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
