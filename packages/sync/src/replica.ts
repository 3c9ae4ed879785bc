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
import { epochsUpTo } from './epochs.ts';
import { Bookkeeping } from './storage/bookkeeping.ts';
import { ClockTables } from './storage/clock-tables.ts';
import { type Audience, LogReader } from './storage/log-reader.ts';
import { Checkpoints } from './storage/checkpoints.ts';
import { isRefusal, mergeOneByOne, mergeTransactions, type VersionRange } from './storage/merge.ts';
import { Offers } from './storage/offers.ts';
import { Quarantine } from './storage/quarantine.ts';
import { ReturnedVersions } from './storage/returned-versions.ts';
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
  readonly checkpoints: Checkpoints;
  readonly offers: Offers;
  readonly returned: ReturnedVersions;
  readonly quarantine: Quarantine;
  readonly clockTables: ClockTables;
  readonly schema: ReplicatedSchema;
  readonly #random: Random;
  /** Whether this opening has written something and so begun its epoch [EP-1]. */
  #inOwnEpoch = false;
  #epochs: readonly Epoch[];

  private constructor(database: Database, random: Random) {
    this.database = database;
    this.#random = random;
    this.bookkeeping = new Bookkeeping(database);
    this.checkpoints = new Checkpoints(database);
    this.offers = new Offers(database);
    this.returned = new ReturnedVersions(database);
    this.quarantine = new Quarantine(database);
    this.#epochs = this.bookkeeping.epochs();
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

  /** The newest epochs of this file, oldest first. */
  epochs(): readonly Epoch[] {
    return this.#epochs;
  }

  lineage(): Lineage | undefined {
    return this.bookkeeping.lineage();
  }

  /** The lineage of this shop, made with its first epoch where there is none yet. For servers: a client waits for its first welcome. */
  foundLineage(): Lineage {
    const known = this.bookkeeping.lineage();
    if (known !== undefined) return known;
    return this.#withEpochs(() =>
      this.database.transaction(() => {
        const epoch = this.#beginEpoch(this.head() + 1n);
        this.bookkeeping.setLineage(epoch);
        return epoch;
      })(),
    );
  }

  /** Runs a local write in one transaction. The first one after opening that leaves a change begins an epoch [EP-1]. */
  write<T>(run: () => T extends PromiseLike<unknown> ? never : T): T {
    const before = this.head();
    return this.#withEpochs(() =>
      this.database.transaction(() => {
        const result = run();
        if (!this.#inOwnEpoch && this.head() > before) this.#beginEpoch(before + 1n);
        return result;
      })(),
    );
  }

  /**
   * Merges transactions of a peer and keeps the record of it, in one transaction. When this returns, both are on disk.
   * What the database refuses is put aside, and the rest goes on [QU-1]. Returns how many changes were news here:
   * neither known nor beaten.
   */
  merge(transactions: readonly Transaction[], record: (versions: VersionRange) => void): number {
    const whole = (): VersionRange => mergeTransactions(this.database, transactions);
    const oneByOne = (): VersionRange =>
      mergeOneByOne(this.database, transactions, (change, reason) => this.quarantine.add(change, reason));
    const run = (apply: () => VersionRange): number =>
      this.write(() => {
        this.quarantine.release(transactions);
        record(apply());
        const [news] = this.database.prepare('SELECT crsql_rows_impacted()').exact<[bigint]>().get() ?? [0n];
        return Number(news);
      });
    try {
      return run(whole);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return run(oneByOne);
    }
  }

  /**
   * The server has fallen back to `to`: moves the cursor in its log there and opens an offer of what may be lost, in
   * one transaction [EP-3, EP-4, OF-1].
   */
  rewind(peer: Lineage, to: DbVersion, offerId: Uint8Array): void {
    this.database.transaction(() => {
      const offer = this.offers.open(peer);
      const from = this.checkpoints.ownHeadAt(to);
      this.offers.begin(peer, {
        id: offerId,
        from: offer !== undefined && offer.from < from ? offer.from : from,
        through: this.head(),
      });
      this.bookkeeping.setCursor(peer, to);
      this.bookkeeping.setPeerEpochs(peer, epochsUpTo(this.bookkeeping.peerEpochs(peer), to));
      this.checkpoints.forgetAbove(to);
    })();
  }

  /**
   * Makes this copy of a file a replica of its own [ID-1]; the server holds its changes up to `acknowledged`. The
   * database must be closed and opened again afterwards: this object is of no further use.
   */
  giveUpIdentity(acknowledged: DbVersion): void {
    const lineage = this.lineage();
    this.database.transaction(() => {
      this.clockTables.giveUpIdentity(acknowledged);
      // Acknowledgements belong to the identity that earned them.
      if (lineage !== undefined) this.bookkeeping.setAcknowledged(lineage, 0n);
    })();
  }

  logReader(audience: Audience): LogReader {
    return new LogReader(this.database, this.clockTables, this.returned, audience);
  }

  /**
   * Runs a transaction that may begin an epoch. The epoch is known before the commit, because whoever hears of the
   * commit may send its changes at once; a rollback takes it back.
   */
  #withEpochs<T>(transact: () => T): T {
    const epochs = this.#epochs;
    const inOwnEpoch = this.#inOwnEpoch;
    try {
      return transact();
    } catch (error) {
      this.#epochs = epochs;
      this.#inOwnEpoch = inOwnEpoch;
      throw error;
    }
  }

  #beginEpoch(firstVersion: DbVersion): Uint8Array {
    const id = this.#random.bytes(ID_BYTES);
    this.bookkeeping.addEpoch({ id, firstVersion });
    this.#epochs = this.bookkeeping.epochs();
    this.#inOwnEpoch = true;
    return id;
  }
}
