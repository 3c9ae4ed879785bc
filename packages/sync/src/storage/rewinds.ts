import type { Database } from '@octavo/crsqlite/database.ts';
import type { Lineage } from '@octavo/protocol/identity.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS octavo_rewind (
    lineage BLOB NOT NULL PRIMARY KEY,
    taken_back_to INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/**
 * The lineages that were ended on purpose, by taking the shop back to an earlier state of itself, which this file goes on
 * from under a lineage of its own [WO-3].
 */
export class Rewinds {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(TABLE);
  }

  /** To when a lineage was taken back, in wall-clock ms; undefined for one that has nothing to do with this file. */
  takenBackTo(lineage: Lineage): number | undefined {
    const row = this.#database
      .prepare('SELECT taken_back_to FROM octavo_rewind WHERE lineage = ?')
      .exact<[bigint]>()
      .get(lineage);
    return row === undefined ? undefined : Number(row[0]);
  }

  lineages(): Lineage[] {
    return this.#database
      .prepare('SELECT lineage FROM octavo_rewind ORDER BY lineage')
      .exact<[Uint8Array]>()
      .all()
      .map(([lineage]) => lineage);
  }

  /** What was ended before was now taken back to the same moment. */
  record(lineages: readonly Lineage[], takenBackTo: number): void {
    const upsert = this.#database.prepare(
      `INSERT INTO octavo_rewind (lineage, taken_back_to) VALUES (?, ?)
       ON CONFLICT (lineage) DO UPDATE SET taken_back_to = excluded.taken_back_to`,
    );
    for (const lineage of [...this.lineages(), ...lineages])
      upsert.run(lineage, BigInt(Math.round(takenBackTo)));
  }
}
