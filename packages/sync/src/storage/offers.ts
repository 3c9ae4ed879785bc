import type { Database } from '@octavo/crsqlite/database.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import type { Offer } from '@octavo/protocol/messages.ts';

const TABLES = `
  CREATE TABLE IF NOT EXISTS octavo_offer (
    peer BLOB NOT NULL PRIMARY KEY,
    id BLOB NOT NULL,
    from_version INTEGER NOT NULL,
    through_version INTEGER NOT NULL,
    returned INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS octavo_issued_offer (
    peer BLOB NOT NULL PRIMARY KEY,
    id BLOB NOT NULL,
    begun INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
`;

/** An offer as the client keeps it. */
export interface OpenOffer extends Offer {
  /** Changes that were news to the server so far: what it had lost [EP-6]. */
  returned: number;
}

type OpenOfferRow = readonly [id: Uint8Array, from: bigint, through: bigint, returned: bigint];

/**
 * Offers, on both sides. A client persists its offer before it starts and until it is level with a server that holds it [OF-1];
 * a server remembers under which id it asked for one, and whether its cursor has been lowered for it.
 */
export class Offers {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(TABLES);
  }

  open(peer: Uint8Array): OpenOffer | undefined {
    const row = this.#database
      .prepare('SELECT id, from_version, through_version, returned FROM octavo_offer WHERE peer = ?')
      .exact<OpenOfferRow>()
      .get(peer);
    if (row === undefined) return undefined;
    const [id, from, through, returned] = row;
    return { id, from, through, returned: Number(returned) };
  }

  begin(peer: Uint8Array, { id, from, through }: Offer): void {
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO octavo_offer (peer, id, from_version, through_version) VALUES (?, ?, ?, ?)',
      )
      .run(peer, id, from, through);
  }

  count(peer: Uint8Array, returned: number): void {
    this.#database
      .prepare('UPDATE octavo_offer SET returned = returned + ? WHERE peer = ?')
      .run(returned, peer);
  }

  close(peer: Uint8Array): void {
    this.#database.prepare('DELETE FROM octavo_offer WHERE peer = ?').run(peer);
  }

  issue(peer: Uint8Array, id: Uint8Array): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO octavo_issued_offer (peer, id, begun) VALUES (?, ?, 0)')
      .run(peer, id);
  }

  issued(peer: Uint8Array): { id: Uint8Array; begun: boolean } | undefined {
    const row = this.#database
      .prepare('SELECT id, begun FROM octavo_issued_offer WHERE peer = ?')
      .exact<[Uint8Array, bigint]>()
      .get(peer);
    return row === undefined ? undefined : { id: row[0], begun: row[1] === 1n };
  }

  markBegun(peer: Uint8Array): void {
    this.#database.prepare('UPDATE octavo_issued_offer SET begun = 1 WHERE peer = ?').run(peer);
  }
}

/** The last version that an offer still covers; 0 where there is none. */
export function offeredThrough(offer: Offer | undefined): DbVersion {
  return offer?.through ?? 0n;
}
