import type { Database } from '@octavo/crsqlite/database.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import type { Backfill } from '@octavo/protocol/messages.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS octavo_backfill (
    peer BLOB NOT NULL PRIMARY KEY,
    since INTEGER NOT NULL,
    through INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/**
 * For a client: what upgrades of its schema have left to be filled in from the server's log below the cursor [HS-2].
 * It is on disk from the migration until the server has gone through its log.
 */
export class Backfills {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(TABLE);
  }

  of(peer: Uint8Array): Backfill | undefined {
    const row = this.#database
      .prepare('SELECT since, through FROM octavo_backfill WHERE peer = ?')
      .exact<[bigint, bigint]>()
      .get(peer);
    return row === undefined ? undefined : { since: Number(row[0]), through: row[1] };
  }

  /** The file was at this version of the schema. A backfill that is under way starts over, for both upgrades at once. */
  begin(peer: Uint8Array, since: number): void {
    this.#database
      .prepare(
        `INSERT INTO octavo_backfill (peer, since, through) VALUES (?, ?, 0)
         ON CONFLICT (peer) DO UPDATE SET through = 0`,
      )
      .run(peer, since);
  }

  advance(peer: Uint8Array, through: DbVersion): void {
    this.#database.prepare('UPDATE octavo_backfill SET through = ? WHERE peer = ?').run(through, peer);
  }

  /** The peer's log is another than the one that was gone through. */
  startOver(peer: Uint8Array): void {
    this.advance(peer, 0n);
  }

  finish(peer: Uint8Array): void {
    this.#database.prepare('DELETE FROM octavo_backfill WHERE peer = ?').run(peer);
  }
}
