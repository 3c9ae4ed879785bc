import type { Database } from '@octavo/crsqlite/database.ts';
import type { DbVersion, Epoch, Lineage } from '@octavo/protocol/identity.ts';
import { MAX_EPOCHS } from '@octavo/protocol/limits.ts';

/**
 * What a replica knows about itself and its peers. It lives in the same file as the data and changes in the same
 * transactions [ID-3], so that a copy of the file is a copy of the whole truth.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS octavo_lineage (singleton INTEGER PRIMARY KEY CHECK (singleton = 0), id BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS octavo_epoch (ordinal INTEGER PRIMARY KEY, id BLOB NOT NULL, first_version INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS octavo_peer (
    peer BLOB NOT NULL PRIMARY KEY,
    cursor INTEGER NOT NULL DEFAULT 0,
    horizon INTEGER NOT NULL DEFAULT 0,
    acknowledged INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS octavo_peer_epoch (
    peer BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    id BLOB NOT NULL,
    first_version INTEGER NOT NULL,
    PRIMARY KEY (peer, ordinal)
  ) STRICT, WITHOUT ROWID;
`;

/** How two replicas stand, seen from one of them. */
export interface PeerPosition {
  /** How far this replica has applied the peer's log. */
  cursor: DbVersion;
  /** The largest head of the peer's log under which any of it was read, or the cursor if that is more [EP-8]. */
  horizon: DbVersion;
  /** How far the peer durably holds this replica's log. */
  acknowledged: DbVersion;
}

type EpochRow = readonly [id: Uint8Array, firstVersion: bigint];

const toEpoch = ([id, firstVersion]: EpochRow): Epoch => ({ id, firstVersion });

/**
 * Reads and writes the bookkeeping tables. A peer is known by 16 bytes: to a server by the client's site id, to a
 * client by the lineage of the shop (servers come and go, the lineage stays).
 */
export class Bookkeeping {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(TABLES);
  }

  lineage(): Lineage | undefined {
    return this.#database.prepare('SELECT id FROM octavo_lineage').exact<[Uint8Array]>().get()?.[0];
  }

  setLineage(lineage: Lineage): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO octavo_lineage (singleton, id) VALUES (0, ?)')
      .run(lineage);
  }

  /** The newest epochs of this file, oldest first. */
  epochs(): Epoch[] {
    return this.#database
      .prepare('SELECT id, first_version FROM octavo_epoch ORDER BY ordinal DESC LIMIT ?')
      .exact<EpochRow>()
      .all(BigInt(MAX_EPOCHS))
      .map(toEpoch)
      .reverse();
  }

  /** Whether this file has begun an epoch of this id, however long ago. */
  hasEpoch(id: Uint8Array): boolean {
    return this.#database.prepare('SELECT 1 FROM octavo_epoch WHERE id = ?').get(id) !== undefined;
  }

  addEpoch(epoch: Epoch): void {
    this.#database
      .prepare('INSERT INTO octavo_epoch (id, first_version) VALUES (?, ?)')
      .run(epoch.id, epoch.firstVersion);
  }

  /** For a file that was another's and is to begin anew. */
  forgetEpochs(): void {
    this.#database.exec('DELETE FROM octavo_epoch');
  }

  peer(peer: Uint8Array): PeerPosition {
    const row = this.#database
      .prepare('SELECT cursor, max(cursor, horizon), acknowledged FROM octavo_peer WHERE peer = ?')
      .exact<[bigint, bigint, bigint]>()
      .get(peer);
    const [cursor, horizon, acknowledged] = row ?? [0n, 0n, 0n];
    return { cursor, horizon, acknowledged };
  }

  setPosition(peer: Uint8Array, { cursor, horizon }: Pick<PeerPosition, 'cursor' | 'horizon'>): void {
    this.#database
      .prepare(
        `INSERT INTO octavo_peer (peer, cursor, horizon) VALUES (?, ?, ?)
         ON CONFLICT (peer) DO UPDATE SET cursor = excluded.cursor, horizon = excluded.horizon`,
      )
      .run(peer, cursor, horizon);
  }

  setAcknowledged(peer: Uint8Array, acknowledged: DbVersion): void {
    this.#database
      .prepare(
        'INSERT INTO octavo_peer (peer, acknowledged) VALUES (?, ?) ON CONFLICT (peer) DO UPDATE SET acknowledged = excluded.acknowledged',
      )
      .run(peer, acknowledged);
  }

  /** The peer's epochs up to the horizon [EP-2]. */
  peerEpochs(peer: Uint8Array): Epoch[] {
    return this.#database
      .prepare('SELECT id, first_version FROM octavo_peer_epoch WHERE peer = ? ORDER BY ordinal')
      .exact<EpochRow>()
      .all(peer)
      .map(toEpoch);
  }

  setPeerEpochs(peer: Uint8Array, epochs: readonly Epoch[]): void {
    this.#database.prepare('DELETE FROM octavo_peer_epoch WHERE peer = ?').run(peer);
    const insert = this.#database.prepare(
      'INSERT INTO octavo_peer_epoch (peer, ordinal, id, first_version) VALUES (?, ?, ?, ?)',
    );
    for (const [ordinal, epoch] of epochs.entries())
      insert.run(peer, BigInt(ordinal), epoch.id, epoch.firstVersion);
  }
}
