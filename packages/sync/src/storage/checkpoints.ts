import type { Database } from '@octavo/crsqlite/database.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS octavo_checkpoint (
    cursor INTEGER NOT NULL PRIMARY KEY,
    own_head INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** So many of the newest checkpoints are all kept; of older ones every second goes, again and again. */
const KEPT_DENSE = 512;
const KEPT_AT_MOST = 2 * KEPT_DENSE;

/**
 * For a client: where its own log stood when its cursor in the server's log reached a version [EP-4]. After a server
 * has fallen back, this tells how much of the own log must be offered.
 */
export class Checkpoints {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(TABLE);
  }

  /** Call in the transaction that moves the cursor, after the merge. */
  record(cursor: DbVersion, ownHead: DbVersion): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO octavo_checkpoint (cursor, own_head) VALUES (?, ?)')
      .run(cursor, ownHead);
    const [count] = this.#database
      .prepare('SELECT count(*) FROM octavo_checkpoint')
      .exact<[bigint]>()
      .get() ?? [0n];
    if (count <= BigInt(KEPT_AT_MOST)) return;
    this.#database
      .prepare(
        `DELETE FROM octavo_checkpoint WHERE cursor IN (
           SELECT cursor FROM (SELECT cursor, row_number() OVER (ORDER BY cursor DESC) AS age FROM octavo_checkpoint)
           WHERE age > ? AND age % 2 = 0)`,
      )
      .run(KEPT_DENSE);
  }

  /**
   * A version of the own log above which everything lies that was received after the cursor stood at `cursor`. Taking
   * an older checkpoint than the exact one is always safe: it only offers more.
   */
  ownHeadAt(cursor: DbVersion): DbVersion {
    return (
      this.#database
        .prepare('SELECT own_head FROM octavo_checkpoint WHERE cursor <= ? ORDER BY cursor DESC LIMIT 1')
        .exact<[bigint]>()
        .get(cursor)?.[0] ?? 0n
    );
  }

  /** What lies above a version that the cursor went back to did not happen. */
  forgetAbove(cursor: DbVersion): void {
    this.#database.prepare('DELETE FROM octavo_checkpoint WHERE cursor > ?').run(cursor);
  }
}
