import type { Database } from '@octavo/crsqlite/database.ts';
import type { Transaction } from '@octavo/protocol/change.ts';
import {
  type DbVersion,
  type Epoch,
  ID_BYTES,
  type Lineage,
  type SiteId,
} from '@octavo/protocol/identity.ts';
import type { Random } from './environment.ts';
import { Bookkeeping } from './storage/bookkeeping.ts';
import { ClockTables } from './storage/clock-tables.ts';
import { type Audience, LogReader } from './storage/log-reader.ts';
import { mergeTransactions } from './storage/merge.ts';
import { readReplicatedSchema, type ReplicatedSchema } from './storage/replicated-schema.ts';

/**
 * A database file that takes part in replication. Every write to the replicated tables goes through {@link write} or
 * {@link merge}, which keep the epochs and peers true in the same transaction as the data.
 *
 * Open it after the migrations have run; when the schema changes, open it again.
 */
export class Replica {
  readonly database: Database;
  /** Who writes here: made by cr-sqlite with the file [ID-1]. */
  readonly siteId: SiteId;
  readonly bookkeeping: Bookkeeping;
  readonly clockTables: ClockTables;
  readonly schema: ReplicatedSchema;
  readonly #random: Random;
  /** The epoch of this opening, once it has written something [EP-1]. */
  #epoch: Uint8Array | undefined;

  private constructor(database: Database, random: Random) {
    this.database = database;
    this.#random = random;
    this.bookkeeping = new Bookkeeping(database);
    this.clockTables = new ClockTables(database);
    this.schema = readReplicatedSchema(database, this.clockTables.tables);
    const row = database.prepare('SELECT crsql_site_id()').exact<[Uint8Array]>().get();
    if (row === undefined)
      throw new Error('cr-sqlite gave no site id; the file was not opened with the extension.');
    this.siteId = row[0];
  }

  static open(database: Database, random: Random): Replica {
    return new Replica(database, random);
  }

  /** The largest version in the log. Nothing beyond it is ever told to anyone [V-1]. */
  head(): DbVersion {
    return this.clockTables.head();
  }

  epochs(): Epoch[] {
    return this.bookkeeping.epochs();
  }

  lineage(): Lineage | undefined {
    return this.bookkeeping.lineage();
  }

  /** The lineage of this shop, made with its first epoch where there is none yet. For servers: a client waits for its first welcome. */
  foundLineage(): Lineage {
    const known = this.bookkeeping.lineage();
    if (known !== undefined) return known;
    const epoch = this.database.transaction(() => {
      const begun = this.#insertEpoch(this.head() + 1n);
      this.bookkeeping.setLineage(begun);
      return begun;
    })();
    this.#epoch = epoch;
    return epoch;
  }

  /** Runs a local write in one transaction. The first one after opening that leaves a change begins an epoch [EP-1]. */
  write<T>(run: () => T extends PromiseLike<unknown> ? never : T): T {
    const before = this.head();
    let begun: Uint8Array | undefined;
    const result = this.database.transaction(() => {
      const value = run();
      if (this.#epoch === undefined && this.head() > before) begun = this.#insertEpoch(before + 1n);
      return value;
    })();
    this.#epoch ??= begun;
    return result;
  }

  /**
   * Merges transactions of a peer and moves the cursor of that peer, in one transaction. When this returns, both are
   * on disk.
   */
  merge(transactions: readonly Transaction[], peer: Uint8Array, through: DbVersion): void {
    this.write(() => {
      mergeTransactions(this.database, transactions);
      this.bookkeeping.setCursor(peer, through);
    });
  }

  logReader(audience: Audience): LogReader {
    return new LogReader(this.database, this.clockTables, audience);
  }

  #insertEpoch(firstVersion: DbVersion): Uint8Array {
    const id = this.#random.bytes(ID_BYTES);
    this.bookkeeping.addEpoch({ id, firstVersion });
    return id;
  }
}
