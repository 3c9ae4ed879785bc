import type { Database } from '@octavo/crsqlite/database.ts';
import {
  type DbVersion,
  type Epoch,
  ID_BYTES,
  type Lineage,
  type SiteId,
} from '@octavo/protocol/identity.ts';
import type { Clock, Random, Schema } from './environment.ts';
import { epochsUpTo } from './epochs.ts';
import { CopyMarks } from './copy/copy-mark.ts';
import { Backfills } from './storage/backfills.ts';
import { Bookkeeping } from './storage/bookkeeping.ts';
import { Cells } from './storage/cells.ts';
import { ClockTables } from './storage/clock-tables.ts';
import { Conflicts } from './storage/conflicts.ts';
import { LevelPoints } from './storage/level-points.ts';
import { type Audience, LogReader } from './storage/log-reader.ts';
import { Merger } from './storage/merger.ts';
import { Offers } from './storage/offers.ts';
import { Quarantine } from './storage/quarantine.ts';
import { ReturnedVersions } from './storage/returned-versions.ts';
import { Rewinds } from './storage/rewinds.ts';
import { readReplicatedSchema } from './storage/replicated-schema.ts';
import { SchemaHistory } from './storage/schema-history.ts';
import { SharedStretches } from './storage/shared-stretches.ts';
import { Staging } from './storage/staging.ts';

/** Wall and monotonic clock part by more than this when the machine slept, or was resumed from a picture of itself. */
const RESUMED_AFTER_MS = 5_000;

export interface ReplicaOptions {
  schema: Schema;
  clock: Clock;
  random: Random;
}

/**
 * A database file that takes part in replication. Every write to the replicated tables goes through {@link write} or
 * {@link merger}, which keep the epochs and peers true in the same transaction as the data.
 */
export class Replica {
  readonly database: Database;
  readonly schema: Schema;
  /** Who writes here: made by cr-sqlite with the file [ID-1]. */
  readonly siteId: SiteId;
  readonly bookkeeping: Bookkeeping;
  readonly backfills: Backfills;
  readonly conflicts: Conflicts;
  readonly copyMarks: CopyMarks;
  readonly levelPoints: LevelPoints;
  readonly offers: Offers;
  readonly quarantine: Quarantine;
  readonly returned: ReturnedVersions;
  readonly rewinds: Rewinds;
  readonly schemaHistory: SchemaHistory;
  readonly staging: Staging;
  readonly cells: Cells;
  readonly clockTables: ClockTables;
  readonly merger: Merger;
  readonly #shared: SharedStretches;
  /** The head as it was when SQLite had changed so many rows. */
  #knownHead: { rowsChanged: bigint; head: DbVersion } | undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Whether this opening has written something and so begun its epoch [EP-1]. */
  #inOwnEpoch = false;
  #epochs: readonly Epoch[];
  /** How far the two clocks are apart since the present epoch may have begun [EP-5]. */
  #clockDifference: number;

  private constructor(database: Database, { schema, clock, random }: ReplicaOptions) {
    this.database = database;
    this.schema = schema;
    this.#clock = clock;
    this.#random = random;
    this.#clockDifference = clock.wall() - clock.monotonic();
    this.bookkeeping = new Bookkeeping(database);
    this.backfills = new Backfills(database);
    this.conflicts = new Conflicts(database);
    this.copyMarks = new CopyMarks(database, () => [this.foundLineage(), this.siteId]);
    this.levelPoints = new LevelPoints(database);
    this.offers = new Offers(database);
    this.quarantine = new Quarantine(database);
    this.returned = new ReturnedVersions(database);
    this.rewinds = new Rewinds(database);
    this.schemaHistory = new SchemaHistory(database);
    this.staging = new Staging(database);
    this.#epochs = this.bookkeeping.epochs();

    const migrated = this.#migrate();
    this.clockTables = new ClockTables(database);
    this.clockTables.orderBySequence();
    this.#shared = new SharedStretches(database, this.clockTables, this.returned);
    const tables = readReplicatedSchema(database, this.clockTables.tables);
    this.cells = new Cells(database, tables);
    const row = database.prepare('SELECT crsql_site_id()').exact<[Uint8Array]>().get();
    if (row === undefined)
      throw new Error('cr-sqlite gave no site id; the file was not opened with the extension.');
    this.siteId = row[0];
    this.merger = new Merger({
      database,
      clock,
      siteId: this.siteId,
      tables,
      cells: this.cells,
      quarantine: this.quarantine,
      conflicts: this.conflicts,
      write: (run) => this.write(run),
    });
    // What could not be applied for want of a table or a column may find its place now.
    if (migrated) for (const { id } of this.quarantine.list()) this.merger.retry(id);
  }

  /** Brings the file to the schema and makes it a replica. Throws what the migrations throw. */
  static open(database: Database, options: ReplicaOptions): Replica {
    return new Replica(database, options);
  }

  /** The largest version in the log. Nothing beyond it is ever told to anyone [V-1]. */
  head(): DbVersion {
    // A rollback takes rows back and does not count.
    if (this.database.inTransaction) return this.clockTables.head();
    const [rowsChanged] = this.database.prepare('SELECT total_changes()').exact<[bigint]>().get() ?? [-1n];
    if (this.#knownHead?.rowsChanged !== rowsChanged)
      this.#knownHead = { rowsChanged, head: this.clockTables.head() };
    return this.#knownHead.head;
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
    this.#noticeResumption();
    const before = this.head();
    return this.#withEpochs(() =>
      this.database.transaction(() => {
        const result = run();
        if (!this.#inOwnEpoch && this.head() > before) this.#beginEpoch(before + 1n);
        return result;
      })(),
    );
  }

  /** Makes an edit that lost once more, as a new one. Returns whether there was such a conflict. */
  editAgain(conflictId: number): boolean {
    const conflict = this.conflicts.get(conflictId);
    if (conflict === undefined) return false;
    this.write(() => {
      this.cells.edit(conflict, conflict.column, conflict.ownValue);
      this.conflicts.forget(conflictId);
    });
    return true;
  }

  /**
   * The server's log agrees with what was heard of it up to `to` only: moves the cursor back to where this replica was
   * last level with it before, and opens an offer of what may be lost, in one transaction [EP-3, EP-4, EP-8, OF-1].
   */
  rewind(peer: Lineage, to: DbVersion, offerId: Uint8Array): void {
    this.database.transaction(() => {
      const offer = this.offers.open(peer);
      const { cursor, ownHead: from } = this.levelPoints.atOrBelow(peer, to);
      this.offers.begin(peer, {
        id: offerId,
        from: offer !== undefined && offer.from < from ? offer.from : from,
        through: this.head(),
      });
      this.bookkeeping.setPosition(peer, { cursor, horizon: cursor });
      this.bookkeeping.setPeerEpochs(peer, epochsUpTo(this.bookkeeping.peerEpochs(peer), cursor));
      this.levelPoints.forgetAbove(peer, cursor);
      this.backfills.startOver(peer);
      this.staging.clear(peer);
    })();
  }

  /**
   * Makes this copy of a file a replica of its own [ID-1]; the server holds its changes up to `acknowledged`. The
   * database must be closed and opened again afterwards: this object is of no further use.
   *
   * What keeps its old author is only sent again when this replica notices that the server has fallen back, which it
   * does from its horizon on. So just that may keep it which was at the server when this replica was level.
   */
  giveUpIdentity(acknowledged: DbVersion): void {
    const lineage = this.lineage();
    const safe = lineage === undefined ? 0n : this.levelPoints.newest(lineage).ownHead;
    this.database.transaction(() => {
      this.clockTables.giveUpIdentity(acknowledged < safe ? acknowledged : safe);
      // Acknowledgements belong to the identity that earned them.
      if (lineage !== undefined) this.bookkeeping.setAcknowledged(lineage, 0n);
    })();
  }

  logReader(audience: Audience): LogReader {
    const { database, clockTables, returned } = this;
    return new LogReader({ database, clockTables, returned, shared: this.#shared }, audience);
  }

  /** Runs the migrations that the file lacks. Returns whether there were any. */
  #migrate(): boolean {
    const lineage = this.lineage();
    const cursor = lineage === undefined ? 0n : this.bookkeeping.peer(lineage).cursor;
    let before = new ClockTables(this.database).head();
    let migrated = false;
    this.schema.migrate(this.database, (version) => {
      migrated = true;
      this.schemaHistory.record(version);
      const head = new ClockTables(this.database).head();
      if (!this.#inOwnEpoch && head > before) this.#beginEpoch(before + 1n);
      before = head;
      if (lineage === undefined || cursor === 0n) return;
      this.backfills.begin(lineage, version - 1);
      this.staging.clear(lineage);
    });
    this.schemaHistory.record(this.schema.version);
    return migrated;
  }

  /** A machine that was away may have been resumed twice: what it writes from now on is another stretch [EP-5]. */
  #noticeResumption(): void {
    const difference = this.#clock.wall() - this.#clock.monotonic();
    if (Math.abs(difference - this.#clockDifference) <= RESUMED_AFTER_MS) return;
    this.#clockDifference = difference;
    this.#inOwnEpoch = false;
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
