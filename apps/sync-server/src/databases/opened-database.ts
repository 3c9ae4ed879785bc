import { constants, copyFileSync } from 'node:fs';
import type { Database, SqlValue } from '@octavo/crsqlite/database.ts';
import { SqliteError } from '@octavo/crsqlite/errors.ts';
import { openFile } from '@octavo/crsqlite/node.ts';
import { closeCodes, type CloseReason } from '@octavo/protocol/close-codes.ts';
import { toHex } from '@octavo/protocol/identity.ts';
import type { ShopCommandInput } from '@octavo/shop/commands/registry.ts';
import { importBooks, type ImportBooksResult } from '@octavo/shop/commands/import-books.ts';
import { createShopContext, type ShopContext } from '@octavo/shop/context.ts';
import { errorToMessage } from '@octavo/rpc/remote-error.ts';
import { userVersion } from '@octavo/shop/migrations.ts';
import { schema } from '@octavo/shop/schema.ts';
import { Replica } from '@octavo/sync/replica.ts';
import type { CloudReport } from '@octavo/sync/server/cloud-news.ts';
import type { ServerEffect, ServerEvent } from '@octavo/sync/server/events.ts';
import { SyncServer } from '@octavo/sync/server/sync-server.ts';
import { isOfLog, type SnapshotAccount } from '@octavo/sync/snapshot/snapshot-account.ts';
import { copyOwner } from '../cloud/replica-copies.ts';
import type { Copied, CopyOwner, Standing } from '../cloud/copy-source.ts';
import type { CopyMark } from '@octavo/sync/copy/copy-mark.ts';
import { checkDatabase, type CheckDepth } from './checks.ts';
import { CopyFailedError, ResultTooLargeError } from './host-errors.ts';
import { FileGuard } from './file-guard.ts';
import type {
  Check,
  ConnectionEffect,
  DatabaseMeta,
  FrameReport,
  Lineages,
  SnapshotVerdict,
} from './host-interface.ts';
import { rowsToJson, valuesToJson } from './json-values.ts';
import { decidePutAside, type PutAsideDecision, type PutAsideOutcome, putAsideIn } from './put-aside.ts';
import { systemClock, systemRandom } from './system.ts';
import { isScript } from './is-script.ts';
import { markUnfinished } from './unfinished-file.ts';

/** Also while nobody asks for anything, a file that was changed from outside is noticed within this time. */
const LOOK_EVERY_MS = 250;

/** A snapshot is used while what is newer in the log is less than this part of what it holds. */
const NEWER_THAN_SNAPSHOT = 0.05;

/**
 * One open database file with everything that works on it: the replica, the engine's server role and its timer, the
 * shop's commands. Lives in a worker thread of the server, or in the command line when no server runs.
 */
export class OpenedDatabase {
  readonly #replica: Replica;
  readonly #engine: SyncServer;
  readonly #shop: ShopContext;
  readonly #guard: FileGuard;
  readonly #looks: NodeJS.Timeout;
  readonly #perform: (effects: readonly ConnectionEffect[]) => void;
  readonly #onFailure: (error: unknown) => void;
  readonly #onWrite: () => void;
  /** The largest version that has been told as written. */
  #head: bigint;
  /** Connections that the engine has been told of and has not closed. */
  readonly #connections = new Set<number>();
  #closed = false;
  #spreading: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(database: Database, options: OpenOptions) {
    this.#replica = Replica.open(database, { schema, clock: systemClock, random: systemRandom });
    this.#replica.foundLineage();
    this.#engine = new SyncServer({
      replica: this.#replica,
      clock: systemClock,
      random: systemRandom,
    });
    this.#shop = createShopContext(database, () => systemClock.wall());
    this.#perform = options.perform;
    this.#onFailure = options.onFailure;
    this.#onWrite = options.onWrite;
    this.#head = this.#replica.head();
    this.#guard = new FileGuard(database.name);
    this.#looks = setInterval(() => this.#unasked(() => undefined), LOOK_EVERY_MS).unref();
  }

  /** Opens the file, making it if it is not there, and brings it to the current schema. */
  static async open(path: string, options: OpenOptions): Promise<OpenedDatabase> {
    const finished = markUnfinished(path);
    const database = await openFile(path, { owner: options.owner });
    try {
      const opened = await OpenedDatabase.#migrated(database, options);
      finished();
      return opened;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  static async #migrated(database: Database, options: OpenOptions): Promise<OpenedDatabase> {
    if (!isToBeMigrated(database)) return new OpenedDatabase(database, options);
    await options.beforeMigration(schema.version);
    return migrated(() => new OpenedDatabase(database, options));
  }

  /**
   * Does something with the database. What it returns, or has sent, is true of the file under the database's name: an
   * answer is an acknowledgement too. @throws FileChangedError, after which this object is lost.
   */
  guarded<Result>(run: () => Result): Result {
    this.#guard.check();
    try {
      const result = run();
      if (!this.#closed) {
        this.#guard.confirmNamed();
        this.#tellWrites();
      }
      return result;
    } finally {
      this.#guard.note();
    }
  }

  /** Hands an event to the engine and performs what it asks for. An error means that this object is lost. */
  handle(event: ServerEvent): void {
    if (event.type === 'opened') this.#connections.add(event.connection);
    if (event.type === 'closed') this.#connections.delete(event.connection);
    this.#follow(this.#engine.handle(event));
  }

  /** Hands a client's frame to the engine. An error means that this object is lost. */
  receive(connection: number, bytes: Uint8Array): FrameReport {
    const began = systemClock.monotonic();
    const before = this.#engine.changesReceived;
    this.handle({ type: 'frame', connection, bytes, more: true });
    // The frames that have arrived meanwhile come first, so that the busier it is, the more goes out at once.
    this.#spreading ??= setImmediate(() => this.#spread());
    const changes = this.#engine.changesReceived - before;
    return { changes, milliseconds: systemClock.monotonic() - began };
  }

  meta(): DatabaseMeta {
    const epoch = this.#replica.epochs().at(-1);
    return {
      siteId: toHex(this.#replica.siteId),
      lineage: toHex(this.#replica.foundLineage()),
      schemaName: schema.name,
      schemaVersion: schema.version,
      dbVersion: Number(this.#replica.head()),
      epoch: epoch === undefined ? null : toHex(epoch.id),
    };
  }

  lineages(): Lineages {
    const { lineage, dbVersion } = this.meta();
    return { lineage, formerLineages: this.#replica.rewinds.lineages().map(toHex), dbVersion };
  }

  /** Saves recognised books in one transaction. @throws ShopError when the input has another form. */
  importBooks(input: unknown): ImportBooksResult {
    // Its schema is what `run` checks the input with.
    return this.#write(() => importBooks.run(this.#shop, input as ShopCommandInput<'importBooks'>));
  }

  /** Runs SQL in a transaction. Returns `{ rows }` as JSON bytes, so that large results cost the main thread nothing. */
  exec(sql: string, bind: readonly SqlValue[]): Uint8Array<ArrayBuffer> {
    const rows = this.#write((database) => {
      if (bind.length === 0 && isScript(database, sql)) {
        database.exec(sql);
        return null;
      }
      const statement = database.prepare(sql);
      if (statement.columns().length > 0) return statement.all(...bind);
      statement.run(...bind);
      return null;
    });
    try {
      return new TextEncoder().encode(rowsToJson(rows));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ResultTooLargeError(`${rows?.length ?? 0} rows are too many for one answer; use LIMIT.`, {
        cause: error,
      });
    }
  }

  countQuarantined(): number {
    return this.#replica.quarantine.count();
  }

  /** What could not be applied and why, as JSON bytes: `{ changes }`. */
  quarantine(): Uint8Array<ArrayBuffer> {
    return new TextEncoder().encode(valuesToJson({ changes: putAsideIn(this.#replica) }));
  }

  /** Does what was decided about a change that could not be applied; its author hears of it with the next pong. */
  decidePutAside(id: number, decision: PutAsideDecision): PutAsideOutcome {
    const outcome = decidePutAside(this.#replica, id, decision);
    this.handle({ type: 'committed' });
    return outcome;
  }

  check(depth: CheckDepth): Check[] {
    return checkDatabase(this.#replica, depth);
  }

  /**
   * Copies the file as it is, in a tenth of the time that `VACUUM INTO` takes: sessions wait for it. Between two calls no
   * transaction is open, and what was committed is in the file. @throws CopyFailedError
   */
  copyFile(path: string): void {
    const { database } = this.#replica;
    if (database.inTransaction) throw new Error('A file is not whole while a transaction is open.');
    try {
      copyFileSync(database.name, path, constants.COPYFILE_FICLONE);
    } catch (error) {
      throw new CopyFailedError(`The database's file could not be copied: ${errorToMessage(error).message}`, {
        cause: error,
      });
    }
  }

  /** Whose log it is, how long, and how far it is copied to outside this disk. */
  copyStanding(): Standing {
    const replica = this.#replica;
    return { ...copyOwner(replica), head: replica.head(), mark: replica.copyMarks.get() };
  }

  /** As {@link copyFile}, and says what of the log is in it. */
  copyWhole(path: string): Copied {
    this.copyFile(path);
    return { ...copyOwner(this.#replica), through: this.#replica.head() };
  }

  /** @throws CopyFailedError where this is another file by now than the one that was copied */
  markCopy({ site, lineage }: CopyOwner, mark: CopyMark): void {
    const owner = copyOwner(this.#replica);
    if (owner.site !== site || owner.lineage !== lineage)
      throw new CopyFailedError('The database was replaced while it was being copied.');
    this.#replica.copyMarks.set(mark);
  }

  /** How the copy is, for whoever is connected. */
  tellCloud(report: Omit<CloudReport, 'site'>): void {
    this.handle({ type: 'cloud', report: { ...report, site: this.#replica.siteId } });
  }

  /** What others work on with it: merging copies, and keeping account of that. Tell {@link told} what came of it. */
  get replica(): Replica {
    return this.#replica;
  }

  /** What the shop's commands work with. */
  get shop(): ShopContext {
    return this.#shop;
  }

  /** Something was written to the replica by others than this object. */
  told(): void {
    this.handle({ type: 'committed' });
  }

  /** Whether a snapshot that was made before may still be given out. */
  judgeSnapshot(snapshot: SnapshotAccount & { cells: number }): SnapshotVerdict {
    const { version, cells, schemaName, schemaVersion } = snapshot;
    const replica = this.#replica;
    if (schemaName !== schema.name || schemaVersion !== schema.version) return 'void';
    const log = {
      lineage: replica.foundLineage(),
      epochs: replica.epochs(),
      position: replica.head(),
    };
    if (!isOfLog(snapshot, log)) return 'void';
    const tooMany = Math.max(1, Math.ceil(cells * NEWER_THAN_SNAPSHOT));
    return replica.clockTables.count(version, () => 'TRUE', tooMany) < tooMany ? 'current' : 'outdated';
  }

  /** Ends every connection with a reason that its client understands. */
  disconnectAll(reason: CloseReason): void {
    this.handle({ type: 'stop', reason });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#looks);
    clearImmediate(this.#spreading);
    this.#guard.close();
    this.#replica.database.close();
  }

  /** After a failure: tells every client and lets go of the file, without asking the engine, which is lost. */
  abandon(reason: CloseReason, message: string): void {
    const code = closeCodes[reason];
    this.#perform(
      [...this.#connections].map((connection) => ({ type: 'close', connection, code, reason, message })),
    );
    this.#connections.clear();
    this.close();
  }

  #write<Result>(run: (database: Database) => Result): Result {
    const { database } = this.#replica;
    let done: { result: Result } | undefined;
    this.#replica.write(() => {
      done = { result: run(database) };
    });
    if (done === undefined) throw new Error('The transaction ended without having run.');
    this.handle({ type: 'committed' });
    return done.result;
  }

  #follow(effects: readonly ServerEffect[]): void {
    const forConnections: ConnectionEffect[] = [];
    for (const effect of effects) {
      switch (effect.type) {
        case 'wake':
          this.#wakeAt(effect.at);
          break;
        case 'send':
          forConnections.push(effect);
          break;
        case 'close':
          this.#connections.delete(effect.connection);
          forConnections.push(effect);
          break;
      }
    }
    // An acknowledgement is a promise about the file that lies under the name.
    if (forConnections.some((effect) => effect.type === 'send' && effect.taken > 0))
      this.#guard.confirmNamed();
    if (forConnections.length > 0) this.#perform(forConnections);
  }

  #tellWrites(): void {
    const head = this.#replica.head();
    if (head === this.#head) return;
    this.#head = head;
    this.#onWrite();
  }

  /** Tells every session what is new. */
  #spread(): void {
    this.#spreading = undefined;
    this.#unasked(() => this.handle({ type: 'tick' }));
  }

  /** Does something that nobody waits for. */
  #unasked(run: () => void): void {
    try {
      this.guarded(run);
    } catch (error) {
      this.#onFailure(error);
    }
  }

  #wakeAt(at: number | undefined): void {
    clearTimeout(this.#timer);
    if (at === undefined) return;
    this.#timer = setTimeout(
      () => this.#unasked(() => this.handle({ type: 'tick' })),
      Math.max(0, at - systemClock.monotonic()),
    );
  }
}

export interface OpenOptions {
  /** Who holds the file, in words, for the message to others who want it. */
  owner: string;
  /** Keeps a copy of the file, which is whole, before it is brought to this version of the schema. */
  beforeMigration: (version: number) => Promise<void>;
  perform: (effects: readonly ConnectionEffect[]) => void;
  /** Something was written that is on disk. */
  onWrite: () => void;
  /** An error came up with nobody there to receive it: this object is lost. */
  onFailure: (error: unknown) => void;
}

/** Not one that is new: there is nothing in it that could be lost. */
function isToBeMigrated(database: Database): boolean {
  if (userVersion(database) >= schema.version) return false;
  const tables = database
    .prepare<{ tables: number }>(
      "SELECT count(*) AS tables FROM sqlite_schema WHERE tbl_name NOT LIKE 'crsql%'",
    )
    .get();
  return tables !== undefined && tables.tables > 0;
}

function migrated(open: () => OpenedDatabase): OpenedDatabase {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    const words = `It could not be brought to version ${schema.version} of the schema: ${error.message}`;
    throw new SqliteError(words, error.resultCode, { cause: error });
  }
}
