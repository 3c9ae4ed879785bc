import type { Database } from '@octavo/crsqlite/database.ts';
import { SqliteError } from '@octavo/crsqlite/errors.ts';

/** SQLite's code for a call that does not fit: here, a text with none or more than one statement where one is prepared. */
const SQLITE_MISUSE = 21;

/** Whether a text is not exactly one statement. @throws SqliteError where it is no SQL */
export function isScript(database: Database, sql: string): boolean {
  try {
    database.prepare(sql);
    return false;
  } catch (error) {
    if (error instanceof SqliteError && error.resultCode === SQLITE_MISUSE) return true;
    throw error;
  }
}
