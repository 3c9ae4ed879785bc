import { setTimeout as delay } from 'node:timers/promises';
import type { CloseReason } from '@octavo/protocol/close-codes.ts';
import { RemoteError } from '@octavo/rpc/remote-error.ts';
import { transfer } from '@octavo/rpc/transfer.ts';
import type { CloudReport } from '@octavo/sync/server/cloud-news.ts';
import type { Logger } from 'pino';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { Connections, type ConnectionSink } from './connections.ts';
import { DatabaseThread } from './database-thread.ts';
import type { Attachment, CloseCause, DatabasesOptions } from './databases-interface.ts';
import type { ConnectionEffect, HostEvents } from './host-interface.ts';
import { Lifecycles } from './lifecycles.ts';
import { type AnotherChance, DatabaseOutOfServiceError, OutOfService } from './out-of-service.ts';
import { wantsOpening } from './schema-of-file.ts';
import { type ThreadListeners, ThreadPool } from './thread-pool.ts';
import { NoRoomError, NoSuchDatabaseError } from './unavailable.ts';
import { Usage } from './usage.ts';
import { WriteTroubles } from './write-troubles.ts';

/** What stopping may cost at most, so that whoever asked for it need not kill the process (see `main.ts`). */
const FAREWELL_LIMIT_MS = 500;
const CLOSE_LIMIT_MS = 3_000;

/** How often is looked which databases are idle, and which can be served again. */
const TIDY_EVERY_MS = 1_000;

/** Some are in use for the moment of a call only. */
const ROOM_PATIENCE_MS = 1_000;
const ROOM_CHECK_MS = 50;

/** Whoever collects metrics does not wait for a database that is busy. */
const COUNT_LIMIT_MS = 1_000;

/** A thread ended that nobody had asked to. */
const unforeseen = { change: undefined, damaged: false };

type Remote = DatabaseThread['remote'];

/**
 * All databases of the server, each living in a worker thread from its first use on. This side knows no SQL: it
 * finds the thread, passes calls and frames on, and brings effects back to the connections they are for.
 */
export class Databases {
  readonly #folder: DataFolder;
  readonly #logger: Logger;
  readonly #pool: ThreadPool;
  readonly #lifecycles = new Lifecycles();
  readonly #threads = new Map<string, DatabaseThread>();
  /** Those that are about to be in there. */
  readonly #opening = new Set<string>();
  readonly #connections = new Connections();
  readonly #usage = new Usage();
  readonly #outOfService: OutOfService;
  readonly #writeTroubles = new WriteTroubles(() => performance.now());
  readonly #openAtMost: number;
  readonly #idleMs: number;
  readonly #observer: DatabasesOptions['observer'];
  readonly #tidying: NodeJS.Timeout;
  #closed = false;

  constructor(options: DatabasesOptions) {
    const { folder, owner, logger } = options;
    const startThread = options.startThread ?? ((holder: string) => new DatabaseThread(holder));
    this.#folder = folder;
    this.#logger = logger;
    this.#openAtMost = options.openAtMost ?? Infinity;
    this.#idleMs = options.idleMs ?? Infinity;
    this.#observer = options.observer;
    const listeners: ThreadListeners = {
      effects: (effects) => this.#deliver(effects),
      wrote: ({ database }) => this.#observer?.databaseWritten(database),
      failed: (failure) => this.#forget(failure.database, failure.message, failure),
      ended: (thread, reason) => {
        for (const database of thread.databases) {
          // The thread is gone for certain, but its locks name this process, which lives.
          folder.breakLock(database);
          this.#forget(database, reason);
        }
      },
    };
    this.#pool = new ThreadPool(owner, listeners, startThread);
    this.#outOfService = new OutOfService(folder, options.missed);
    this.#tidying = setInterval(() => this.#tidy(), TIDY_EVERY_MS).unref();
  }

  get folder(): DataFolder {
    return this.#folder;
  }

  /** Names of the databases that are open. */
  get open(): string[] {
    return [...this.#threads.keys()];
  }

  /** Why databases that are there are not served, by their names. */
  get outOfService(): ReadonlyMap<string, string> {
    return this.#outOfService.reasons;
  }

  /** Why databases that are served cannot take changes, by their names. */
  get notWritable(): ReadonlyMap<string, string> {
    return this.#writeTroubles.reasons;
  }

  /**
   * Brings every database in the folder to the current schema, one after another. One that cannot be is out of service
   * from now on; the others are not concerned.
   */
  async migrateAll(schemaVersion: number): Promise<void> {
    for (const { name } of await this.#folder.list()) {
      if (await wantsOpening(this.#folder.pathOf(name), schemaVersion)) await this.#tryToOpen(name);
    }
  }

  /** Whether every thread answers. @throws RemoteError when one does not, within the time given. */
  ping(deadlineMs: number): Promise<unknown> {
    return this.#pool.ping(deadlineMs);
  }

  /**
   * Runs something with the thread of a database, opening the file first if need be.
   * @throws NoSuchDatabaseError, NoRoomError, DatabaseOutOfServiceError, RemoteError (see `host-errors.ts`).
   */
  async use<Result>(
    name: string,
    { create }: { create: boolean },
    run: (remote: Remote) => Promise<Result>,
  ): Promise<Result> {
    const ended = this.#usage.begin(name);
    try {
      const thread = this.#threads.get(name) ?? (await this.#openInTurn(name, create));
      return await run(thread.remote);
    } finally {
      ended();
    }
  }

  /** Connects a client to a database. The sink is called until the connection has been closed by either side. */
  async attach(
    name: string,
    { create, mayWrite }: { create: boolean; mayWrite: boolean },
    sink: ConnectionSink,
  ): Promise<Attachment> {
    const ended = this.#usage.begin(name);
    const opened = this.#threads.get(name) ?? this.#openInTurn(name, create);
    const thread = await Promise.resolve(opened).catch((error: unknown) => {
      ended();
      throw error;
    });
    const connection = this.#connections.add({ database: name, sink, ended });
    // Not awaited: calls arrive in order, and if this one fails the frames behind it fail as well.
    const attached = thread.remote.attach(name, connection, mayWrite);
    attached.catch((error: unknown) =>
      this.#logger.debug({ err: error, database: name }, 'attaching failed'),
    );
    return {
      receive: async (bytes) => {
        const report = await thread.frames.add(connection, bytes.length, () =>
          thread.remote.receive(name, connection, transfer(bytes, [bytes.buffer])),
        );
        if (report.changes > 0) this.#writeTroubles.clear(name);
        return report;
      },
      detach: () => {
        if (!this.#connections.remove(connection)) return;
        // After what it has brought.
        const detached = thread.frames.add(connection, 0, () => thread.remote.detach(name, connection));
        detached.catch((error: unknown) =>
          this.#logger.debug({ err: error, database: name }, 'detaching failed'),
        );
      },
    };
  }

  /** How many changes are put aside in each database that is open and has time to say so. */
  async countQuarantined(): Promise<ReadonlyMap<string, number>> {
    const counts = [...this.#threads].map(async ([name, { connection }]) => {
      const options = { deadlineMs: COUNT_LIMIT_MS };
      return [name, await connection.call('countQuarantined', [name], options)] as const;
    });
    const settled = await Promise.allSettled(counts);
    return new Map(settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  }

  /** Puts a database aside and begins an empty one under its name. Returns where the old file lies now. */
  async reset(name: string, now: Date): Promise<{ trash: string | undefined }> {
    return this.#lifecycles.inTurn(name, async () => {
      await this.#close(name, 'restarting', 'reset');
      const trash = this.#folder.has(name) ? await this.#folder.moveToTrash(name, now) : undefined;
      this.#outOfService.clear(name);
      const { remote } = await this.#open(name, true);
      // Of what was here there may be a copy, which is not to come back.
      await remote.beginCopyAnew(name);
      return { trash };
    });
  }

  /**
   * Puts a finished file in the place of a database: its clients are told to come back at once, and find it. Returns where
   * the previous file is kept. `demand` looks at that before, while nobody can write to it. @throws what that throws
   */
  async replace(
    name: string,
    prepared: string,
    now: Date,
    demand: () => Promise<void> = () => Promise.resolve(),
  ): Promise<{ trash: string | undefined }> {
    return this.#lifecycles.inTurn(name, async () => {
      await this.#close(name, 'restarting', 'replaced');
      await demand();
      const trash = await this.#folder.replace(name, prepared, now);
      this.#outOfService.clear(name);
      await this.#open(name, false);
      return { trash };
    });
  }

  /** Tells whoever is connected to a database how its copy is; nobody is where it is not open. */
  tellCloud(name: string, report: Omit<CloudReport, 'site'>): void {
    const told = this.#threads.get(name)?.remote.tellCloud(name, report);
    told?.catch((error: unknown) => this.#logger.debug({ err: error, database: name }, 'nobody was told'));
  }

  /** Tells every client of every open database why its connection ends now. */
  async disconnect(reason: CloseReason): Promise<void> {
    const told = [...this.#threads].map(([name, { connection }]) =>
      connection.call('disconnectAll', [name, reason], { deadlineMs: FAREWELL_LIMIT_MS }),
    );
    this.#logFailures(await Promise.allSettled(told));
  }

  /** Ends every connection with a reason, closes every file and ends the threads. */
  async close(reason: CloseReason): Promise<void> {
    this.#closed = true;
    clearInterval(this.#tidying);
    const timeout = new AbortController();
    await Promise.race([
      this.#closeAll(reason),
      delay(CLOSE_LIMIT_MS, undefined, { signal: timeout.signal }).catch(() => undefined),
    ]);
    timeout.abort();
    // A thread that is still busy is ended in the middle of it: SQLite rolls that back when the file is opened again.
    for (const name of await this.#pool.end()) this.#folder.breakLock(name);
  }

  async #closeAll(reason: CloseReason): Promise<void> {
    await this.#lifecycles.settled();
    this.#logFailures(
      await Promise.allSettled(this.open.map((name) => this.#close(name, reason, 'stopping'))),
    );
  }

  #logFailures(results: readonly PromiseSettledResult<unknown>[]): void {
    for (const result of results) {
      if (result.status === 'rejected')
        this.#logger.error({ err: result.reason }, 'a database was not closed well');
    }
  }

  #openInTurn(name: string, create: boolean): Promise<DatabaseThread> {
    return this.#lifecycles.inTurn(name, async () => {
      if (create) this.#outOfService.demandBeginning(name);
      return this.#threads.get(name) ?? (await this.#open(name, create));
    });
  }

  async #open(name: string, create: boolean): Promise<DatabaseThread> {
    if (this.#closed) throw new NoRoomError('The server is shutting down.');
    this.#outOfService.demand(name);
    if (!create && !this.#folder.has(name)) {
      throw new NoSuchDatabaseError(`There is no database "${name}" here.`);
    }
    await this.#takeRoom(name);
    const thread = this.#pool.place();
    thread.databases.add(name);
    try {
      const { backup } = await thread.remote.open(name, this.#folder.pathOf(name));
      if (backup !== undefined) this.#logger.info({ database: name, backup }, 'database migrated');
    } catch (error) {
      thread.databases.delete(name);
      if (error instanceof Error) this.#takeOutOfService(name, error, 'later');
      throw error;
    } finally {
      this.#opening.delete(name);
    }
    this.#threads.set(name, thread);
    this.#observer?.databaseOpened(name);
    const returned = this.#outOfService.clear(name);
    this.#logger.info({ database: name }, returned ? 'database is back in service' : 'database opened');
    return thread;
  }

  /**
   * Closes those that have not been used for longest, until one more may be open, and counts that one from then on.
   * @throws NoRoomError when all have been in use for a while.
   */
  async #takeRoom(name: string): Promise<void> {
    const deadline = performance.now() + ROOM_PATIENCE_MS;
    while (this.#threads.size + this.#opening.size >= this.#openAtMost) {
      const idle = this.#usage.longestIdle(this.#threads.keys());
      if (idle !== undefined) await this.#closeIdle(idle, 'room');
      else if (performance.now() < deadline) await delay(ROOM_CHECK_MS);
      else
        throw new NoRoomError(
          `${this.#openAtMost} databases are in use, which is as many as may be open, so "${name}" has to wait.`,
        );
    }
    this.#opening.add(name);
  }

  #closeIdle(name: string, cause: 'idle' | 'room'): Promise<void> {
    return this.#lifecycles.inTurn(name, async () => {
      if (this.#usage.idleSince(name) !== undefined) await this.#close(name, 'restarting', cause);
    });
  }

  #takeOutOfService(name: string, error: Error, chance: AnotherChance): void {
    // What is cut off by the end of the server is no fault of the database.
    if (this.#closed) return;
    this.#outOfService.report(name, error, chance);
    this.#logger.error({ err: error, database: name }, 'database out of service');
  }

  /**
   * Closes what nobody uses, and tries what may work again: without anybody asking, so that whoever watches the server
   * sees that what was repaired works.
   */
  #tidy(): void {
    for (const name of this.#outOfService.due()) void this.#tryToOpen(name);
    const now = performance.now();
    for (const name of this.open) {
      const since = this.#usage.idleSince(name);
      if (since === undefined || now - since < this.#idleMs) continue;
      this.#closeIdle(name, 'idle').catch((error: unknown) =>
        this.#logger.error({ err: error, database: name }, 'an idle database was not closed well'),
      );
    }
  }

  /** What fails has been said by then. */
  async #tryToOpen(name: string): Promise<void> {
    const ended = this.#usage.begin(name);
    try {
      await this.#openInTurn(name, false);
    } catch (error) {
      this.#logger.debug({ err: error, database: name }, 'database cannot be served');
    } finally {
      ended();
    }
  }

  async #close(name: string, reason: CloseReason, cause: CloseCause): Promise<void> {
    const thread = this.#threads.get(name);
    if (thread === undefined) return;
    // Removed first: whoever comes from now on waits for its turn and opens anew.
    this.#threads.delete(name);
    try {
      await thread.remote.close(name, reason);
      this.#observer?.databaseClosed(cause);
    } catch (error) {
      // It failed just now, which closed it as well.
      if (!(error instanceof RemoteError && ['not-open', 'file-changed'].includes(error.code))) throw error;
    }
    thread.databases.delete(name);
    this.#usage.closed(name);
    this.#logger.info({ database: name, cause }, 'database closed');
  }

  #deliver(effects: readonly ConnectionEffect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'close' || effect.reason !== 'database-failed') continue;
      const name = this.#connections.databaseOf(effect.connection);
      if (name === undefined) continue;
      this.#writeTroubles.report(name, effect.message);
      this.#logger.error({ database: name, reason: effect.message }, 'changes could not be taken in');
    }
    this.#connections.deliver(effects);
  }

  /** A database was lost with its thread or in it, or its file was. Its clients come back and find it opened anew. */
  #forget(
    name: string,
    message: string,
    { change, damaged }: Pick<HostEvents['failed'], 'change' | 'damaged'> = unforeseen,
  ): void {
    this.#threads.get(name)?.databases.delete(name);
    this.#threads.delete(name);
    this.#usage.closed(name);
    // It is opened anew, or out of service: either says more than this did.
    this.#writeTroubles.clear(name);
    this.#observer?.databaseClosed(change ?? 'failed');
    switch (change) {
      case undefined:
        this.#logger.error({ database: name, reason: message }, 'database failed');
        // It would open, and fail again with the first who reads there.
        if (damaged)
          this.#takeOutOfService(name, new DatabaseOutOfServiceError(damagedWords(message)), 'changed');
        break;
      case 'replaced':
        this.#logger.warn({ database: name }, 'database file replaced');
        break;
      case 'removed':
        this.#takeOutOfService(name, new DatabaseOutOfServiceError(message), 'present');
        break;
      case 'overwritten':
        this.#takeOutOfService(name, new DatabaseOutOfServiceError(message), 'replaced');
        break;
    }
    this.#connections.closeThoseOf(name, change === 'replaced' ? 'restarting' : 'database-failed', message);
  }
}

function damagedWords(message: string): string {
  return `The file of the database is damaged (${message}). Put a sound one in its place: octavo db restore.`;
}
