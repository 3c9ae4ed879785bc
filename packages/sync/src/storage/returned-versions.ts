import type { Database } from '@octavo/crsqlite/database.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import type { VersionRange } from './merge.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS octavo_returned (
    first_version INTEGER NOT NULL PRIMARY KEY,
    last_version INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** True for a version that came inside an offer. */
export const IS_RETURNED =
  'EXISTS (SELECT 1 FROM octavo_returned WHERE db_version BETWEEN first_version AND last_version)';

/**
 * For a server: which of its versions came inside offers. What a client wrote is not sent back to it, since it has it
 * – unless somebody else returned it: then the server and that client may both have been restored from older copies,
 * and the client lacks its own work.
 */
export class ReturnedVersions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(TABLE);
  }

  any(): boolean {
    return this.#database.prepare('SELECT 1 FROM octavo_returned LIMIT 1').get() !== undefined;
  }

  /** All of them: as many as there were offers, or fewer. */
  ranges(): VersionRange[] {
    return this.#database
      .prepare('SELECT first_version, last_version FROM octavo_returned')
      .exact<[bigint, bigint]>()
      .all()
      .map(([first, last]) => ({ first, last }));
  }

  /**
   * Call in the transaction that merged these versions. What was known already has left no trace, and above the `head`
   * the versions are given again.
   */
  add({ first, last: given }: VersionRange, head: DbVersion): void {
    const last = given < head ? given : head;
    if (last < first) return;
    const { changes } = this.#database
      .prepare('UPDATE octavo_returned SET last_version = ? WHERE last_version = ?')
      .run(last, first - 1n);
    if (changes > 0) return;
    this.#database
      .prepare('INSERT INTO octavo_returned (first_version, last_version) VALUES (?, ?)')
      .run(first, last);
  }
}
