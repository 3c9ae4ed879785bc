import type { Database } from '@octavo/crsqlite/database.ts';
import { ShopError } from './errors.ts';

/**
 * One step of the schema, additive only: replicas of older versions go on syncing, so nothing is dropped, renamed or
 * given another meaning. It writes no replicated row: every replica runs it, and each would author its own copy.
 */
export type Migration = (db: Database) => void;

/**
 * Runs the migrations that the file lacks, each in a transaction with its version number, so that a crash leaves the
 * file at a whole version; `stepped` is called inside each, at its end. Throws ShopError `schema-too-new` on a file that is ahead of the list.
 */
export function migrateTo(
  db: Database,
  migrations: readonly Migration[],
  stepped: (version: number) => void = () => undefined,
): void {
  const found = userVersion(db);
  if (found > migrations.length) {
    throw new ShopError(
      'schema-too-new',
      `This database was written by a newer version of Octavo (schema ${found}; this one knows ${migrations.length}). Update Octavo to open it.`,
      { found, known: migrations.length },
    );
  }
  migrations.slice(found).forEach((migration, index) => {
    db.transaction(() => {
      migration(db);
      const version = found + index + 1;
      db.exec(`PRAGMA user_version = ${version}`);
      stepped(version);
    })();
  });
}

/** The version the file is at; 0 for an empty file. */
export function userVersion(db: Database): number {
  const row = db.prepare<{ user_version: number }>('PRAGMA user_version').get();
  return row?.user_version ?? 0;
}
