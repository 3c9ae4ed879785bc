import type { Database } from '@octavo/crsqlite/database.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import { MAX_DB_VERSION } from '@octavo/protocol/limits.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS octavo_level_point (
    peer BLOB NOT NULL,
    cursor INTEGER NOT NULL,
    own_head INTEGER NOT NULL,
    PRIMARY KEY (peer, cursor)
  ) STRICT, WITHOUT ROWID;
`;

/** A moment at which everything of a peer's log was here. */
export interface LevelPoint {
  /** Where the peer's log ended then. */
  cursor: DbVersion;
  /** How far the own log was at the peer then: what may have come to it later lies above. */
  ownHead: DbVersion;
}

/**
 * Where a replica has been level with a peer [EP-8]. When the peer's log turns out to have been replaced by an older copy, this is
 * where to go back to, and above which something may be lost there [EP-4].
 */
export class LevelPoints {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(TABLE);
  }

  /**
   * Call in the transaction that moves the cursor, after the merge. The newest `dense` points are all kept; of older
   * ones every second goes, again and again.
   */
  record(peer: Uint8Array, { cursor, ownHead }: LevelPoint, dense: number): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO octavo_level_point (peer, cursor, own_head) VALUES (?, ?, ?)')
      .run(peer, cursor, ownHead);
    const [count] = this.#database
      .prepare('SELECT count(*) FROM octavo_level_point WHERE peer = ?')
      .exact<[bigint]>()
      .get(peer) ?? [0n];
    if (count <= BigInt(2 * dense)) return;
    this.#database
      .prepare(
        `DELETE FROM octavo_level_point WHERE peer = ?1 AND cursor IN (
           SELECT cursor FROM (
             SELECT cursor, row_number() OVER (ORDER BY cursor DESC) AS age FROM octavo_level_point WHERE peer = ?1
           ) WHERE age > ?2 AND age % 2 = 0)`,
      )
      .run(peer, dense);
  }

  newest(peer: Uint8Array): LevelPoint {
    return this.atOrBelow(peer, MAX_DB_VERSION);
  }

  /** The newest level point at or below a version; the beginning of everything where there is none. */
  atOrBelow(peer: Uint8Array, version: DbVersion): LevelPoint {
    const row = this.#database
      .prepare(
        'SELECT cursor, own_head FROM octavo_level_point WHERE peer = ? AND cursor <= ? ORDER BY cursor DESC LIMIT 1',
      )
      .exact<[bigint, bigint]>()
      .get(peer, version);
    return row === undefined ? { cursor: 0n, ownHead: 0n } : { cursor: row[0], ownHead: row[1] };
  }

  /** The newest level point that was reached while the own log ended at or below a version. */
  heldAt(peer: Uint8Array, ownHead: DbVersion): LevelPoint {
    const row = this.#database
      .prepare(
        'SELECT cursor, own_head FROM octavo_level_point WHERE peer = ? AND own_head <= ? ORDER BY cursor DESC LIMIT 1',
      )
      .exact<[bigint, bigint]>()
      .get(peer, ownHead);
    return row === undefined ? { cursor: 0n, ownHead: 0n } : { cursor: row[0], ownHead: row[1] };
  }

  /** What lies above a version that the cursor went back to did not happen. */
  forgetAbove(peer: Uint8Array, version: DbVersion): void {
    this.#database.prepare('DELETE FROM octavo_level_point WHERE peer = ? AND cursor > ?').run(peer, version);
  }
}
