import type { Database } from '@octavo/crsqlite/database.ts';
import { batch } from '@octavo/protocol/batch.ts';
import { ByteReader, ByteWriter } from '@octavo/protocol/bytes.ts';
import type { Transaction } from '@octavo/protocol/change.ts';
import type { Staged } from '@octavo/protocol/messages.ts';

const TABLES = `
  CREATE TABLE IF NOT EXISTS octavo_staged (
    peer BLOB NOT NULL PRIMARY KEY,
    epoch BLOB NOT NULL,
    version INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS octavo_staged_part (
    ordinal INTEGER PRIMARY KEY,
    peer BLOB NOT NULL,
    part BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS octavo_staged_part_of_peer ON octavo_staged_part (peer, ordinal);
`;

type StagedRow = readonly [epoch: Uint8Array, version: bigint, sequence: bigint, bytes: bigint];

/** The beginning of a transaction, as a receiver keeps it. */
export interface StagedTransaction extends Staged {
  /** What its parts take on disk. */
  bytes: number;
}

/**
 * Transactions larger than a batch, until their end has come: invisible, but on disk, so that neither side has to start
 * over after a restart [ST-2]. At most one of each peer.
 */
export class Staging {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(TABLES);
  }

  of(peer: Uint8Array): StagedTransaction | undefined {
    const row = this.#database
      .prepare('SELECT epoch, version, sequence, bytes FROM octavo_staged WHERE peer = ?')
      .exact<StagedRow>()
      .get(peer);
    if (row === undefined) return undefined;
    const [epoch, version, sequence, bytes] = row;
    return { epoch, version, sequence: Number(sequence), bytes: Number(bytes) };
  }

  /** Adds a part, which may be the first one. Returns what is staged now. */
  add(peer: Uint8Array, epoch: Uint8Array, part: Transaction): StagedTransaction {
    const bytes = encodePart(part);
    const sequence = (part.changes.at(-1)?.sequence ?? -1) + 1;
    this.#database.prepare('INSERT INTO octavo_staged_part (peer, part) VALUES (?, ?)').run(peer, bytes);
    this.#database
      .prepare(
        `INSERT INTO octavo_staged (peer, epoch, version, sequence, bytes) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (peer) DO UPDATE SET sequence = excluded.sequence, bytes = bytes + excluded.bytes`,
      )
      .run(peer, epoch, part.version, sequence, bytes.length);
    const staged = this.of(peer);
    if (staged === undefined) throw new Error('A part was staged and is not there.');
    return staged;
  }

  /** The parts in their order, one in memory at a time. */
  *parts(peer: Uint8Array): Generator<Transaction> {
    const next = this.#database
      .prepare(
        'SELECT ordinal, part FROM octavo_staged_part WHERE peer = ? AND ordinal > ? ORDER BY ordinal LIMIT 1',
      )
      .exact<[bigint, Uint8Array]>();
    let ordinal = 0n;
    for (let row = next.get(peer, ordinal); row !== undefined; row = next.get(peer, ordinal)) {
      ordinal = row[0];
      yield* decodePart(row[1]);
    }
  }

  clear(peer: Uint8Array): void {
    this.#database.prepare('DELETE FROM octavo_staged WHERE peer = ?').run(peer);
    this.#database.prepare('DELETE FROM octavo_staged_part WHERE peer = ?').run(peer);
  }
}

/** A part is kept as it came: a batch of one transaction. */
function encodePart(part: Transaction): Uint8Array {
  const writer = new ByteWriter(64 * 1024);
  batch.write(writer, {
    number: 0,
    after: part.version - 1n,
    through: part.version,
    head: part.version,
    incomplete: true,
    continues: false,
    backfill: false,
    epochs: [],
    transactions: [part],
  });
  return writer.finish();
}

function decodePart(bytes: Uint8Array): Transaction[] {
  return batch.read(new ByteReader(bytes)).transactions;
}
