import { setTimeout as delay } from 'node:timers/promises';
import { closeCodes, type CloseReason } from '@octavo/protocol/close-codes.ts';
import { RemoteError } from '@octavo/rpc/remote-error.ts';
import { transfer } from '@octavo/rpc/transfer.ts';
import type { Logger } from 'pino';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { DatabaseThread } from './database-thread.ts';
import type { ConnectionEffect, FrameReport } from './host-interface.ts';
import { Lifecycles } from './lifecycles.ts';
import { type StartThread, type ThreadListeners, ThreadPool } from './thread-pool.ts';

/** Receives what a database's engine says to one connection. */
export type ConnectionSink = (effect: ConnectionEffect) => void;

/** One connection to an open database. */
export interface Attachment {
  /** Takes a frame's bytes, which move to the database's thread. Settles when they have been handled. */
  receive(bytes: Uint8Array<ArrayBuffer>): Promise<FrameReport>;
  /** The connection has ended. */
  detach(): void;
}

/** There is no database of this name, and the caller may not make one. */
export class NoSuchDatabaseError extends Error {
  override readonly name = 'NoSuchDatabaseError';
}

export interface DatabasesOptions {
  folder: DataFolder;
  /** Who holds the files, in words. */
  owner: string;
  logger: Logger;
  /** How a thread comes into being; a test keeps hold of it. */
  startThread?: StartThread;
}

/** What stopping may cost at most, so that whoever asked for it need not kill the process (see `main.ts`). */
const FAREWELL_LIMIT_MS = 500;
const CLOSE_LIMIT_MS = 3_000;

/** Whoever collects metrics does not wait for a database that is busy. */
const COUNT_LIMIT_MS = 1_000;

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
  readonly #connections = new Map<number, { database: string; sink: ConnectionSink }>();
  #nextConnection = 1;
  #closed = false;

  constructor({ folder, owner, logger, startThread = (name) => new DatabaseThread(name) }: DatabasesOptions) {
    this.#folder = folder;
    this.#logger = logger;
    const listeners: ThreadListeners = {
      effects: (effects) => this.#deliver(effects),
      failed: ({ database, message }) => this.#forget(database, message),
      ended: (thread, reason) => {
        for (const database of thread.databases) {
          // The thread is gone for certain, but its locks name this process, which lives.
          folder.breakLock(database);
          this.#forget(database, reason);
        }
      },
    };
    this.#pool = new ThreadPool(owner, listeners, startThread);
  }

  get folder(): DataFolder {
    return this.#folder;
  }

  /** Names of the databases that are open. */
  get open(): string[] {
    return [...this.#threads.keys()];
  }

  /** Whether every thread answers. @throws RemoteError when one does not, within the time given. */
  ping(deadlineMs: number): Promise<unknown> {
    return this.#pool.ping(deadlineMs);
  }

  /**
   * Runs something with the thread of a database, opening the file first if need be.
   * @throws NoSuchDatabaseError, RemoteError (see `host-errors.ts`).
   */
  async use<Result>(
    name: string,
    { create }: { create: boolean },
    run: (remote: Remote) => Promise<Result>,
  ): Promise<Result> {
    const thread = this.#threads.get(name) ?? (await this.#openInTurn(name, create));
    return run(thread.remote);
  }

  /** Connects a client to a database. The sink is called until the connection has been closed by either side. */
  async attach(
    name: string,
    { create, mayWrite }: { create: boolean; mayWrite: boolean },
    sink: ConnectionSink,
  ): Promise<Attachment> {
    const thread = this.#threads.get(name) ?? (await this.#openInTurn(name, create));
    const connection = this.#nextConnection++;
    this.#connections.set(connection, { database: name, sink });
    // Not awaited: calls arrive in order, and if this one fails the frames behind it fail as well.
    const attached = thread.remote.attach(name, connection, mayWrite);
    attached.catch((error: unknown) =>
      this.#logger.debug({ err: error, database: name }, 'attaching failed'),
    );
    return {
      receive: (bytes) =>
        thread.frames.add(connection, bytes.length, () =>
          thread.remote.receive(name, connection, transfer(bytes, [bytes.buffer])),
        ),
      detach: () => {
        if (!this.#connections.delete(connection)) return;
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
      await this.#close(name, 'restarting');
      const trash = this.#folder.has(name) ? await this.#folder.moveToTrash(name, now) : undefined;
      await this.#open(name, true);
      return { trash };
    });
  }

  /**
   * Puts a finished file in the place of a database: its clients are told to come back at once, and find it. Returns where
   * the previous file is kept.
   */
  async replace(name: string, prepared: string, now: Date): Promise<{ trash: string | undefined }> {
    return this.#lifecycles.inTurn(name, async () => {
      await this.#close(name, 'restarting');
      const trash = await this.#folder.replace(name, prepared, now);
      await this.#open(name, false);
      return { trash };
    });
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
    this.#logFailures(await Promise.allSettled(this.open.map((name) => this.#close(name, reason))));
  }

  #logFailures(results: readonly PromiseSettledResult<unknown>[]): void {
    for (const result of results) {
      if (result.status === 'rejected')
        this.#logger.error({ err: result.reason }, 'a database was not closed well');
    }
  }

  #openInTurn(name: string, create: boolean): Promise<DatabaseThread> {
    return this.#lifecycles.inTurn(
      name,
      async () => this.#threads.get(name) ?? (await this.#open(name, create)),
    );
  }

  async #open(name: string, create: boolean): Promise<DatabaseThread> {
    if (this.#closed) throw new NoSuchDatabaseError('The server is shutting down.');
    if (!create && !this.#folder.has(name)) {
      throw new NoSuchDatabaseError(`There is no database "${name}" here.`);
    }
    const thread = this.#pool.place();
    thread.databases.add(name);
    try {
      await thread.remote.open(name, this.#folder.pathOf(name));
    } catch (error) {
      thread.databases.delete(name);
      throw error;
    }
    this.#threads.set(name, thread);
    this.#logger.info({ database: name }, 'database opened');
    return thread;
  }

  async #close(name: string, reason: CloseReason): Promise<void> {
    const thread = this.#threads.get(name);
    if (thread === undefined) return;
    // Removed first: whoever comes from now on waits for its turn and opens anew.
    this.#threads.delete(name);
    try {
      await thread.remote.close(name, reason);
    } catch (error) {
      // It failed just now, which closed it as well.
      if (!(error instanceof RemoteError && error.code === 'not-open')) throw error;
    }
    thread.databases.delete(name);
    this.#logger.info({ database: name }, 'database closed');
  }

  #deliver(effects: readonly ConnectionEffect[]): void {
    for (const effect of effects) {
      const known = this.#connections.get(effect.connection);
      if (effect.type === 'close') this.#connections.delete(effect.connection);
      known?.sink(effect);
    }
  }

  /** A database was lost with its thread or in it. Its clients come back and find it opened anew. */
  #forget(name: string, message: string): void {
    this.#logger.error({ database: name, reason: message }, 'database failed');
    this.#threads.get(name)?.databases.delete(name);
    this.#threads.delete(name);
    const code = closeCodes['database-failed'];
    for (const [connection, { database, sink }] of this.#connections) {
      if (database !== name) continue;
      this.#connections.delete(connection);
      sink({ type: 'close', connection, code, reason: 'database-failed', message });
    }
  }
}
