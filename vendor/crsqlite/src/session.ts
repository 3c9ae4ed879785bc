import { CommitNotifier } from './commit-notifier.ts';
import { CompileObserver, type StatementFacts } from './compile-observer.ts';
import { SqliteError, TRAPPED } from './errors.ts';
import { DONE, ERROR, MISUSE, OK, ROW } from './result-codes.ts';
import type { FileSystem } from './vfs/file-system.ts';
import type { VfsAdapter } from './vfs/vfs-adapter.ts';
import type { Wasm } from './wasm.ts';

type State = 'open' | 'closed' | 'trapped';

/** A statement as SQLite holds it. */
export interface Compiled {
  /** SQLite's pointer. */
  readonly handle: number;
  readonly parameters: number;
  readonly facts: StatementFacts;
  /** Whether it inserts, updates or deletes, so that SQLite's count of changed rows is about it. */
  readonly changesRows: boolean;
  /** Tables it writes to of whose rows the update hook does not tell. */
  readonly unreportedTables: readonly string[];
}

/** Everything that an open connection consists of, before there is a database around it. */
export interface Connection {
  readonly name: string;
  readonly wasm: Wasm;
  /** SQLite's pointer. */
  readonly handle: number;
  readonly vfs: VfsAdapter;
  readonly fileSystem: FileSystem;
}

/**
 * The life of one connection: whether it may be used, what the end of each statement means for the transaction, and what becomes
 * of failures. It knows neither rows nor SQL.
 */
export class Session {
  readonly name: string;
  readonly wasm: Wasm;
  readonly handle: number;
  readonly notifier: CommitNotifier;
  readonly observer: CompileObserver;
  readonly #vfs: VfsAdapter;
  readonly #fileSystem: FileSystem;
  #state: State = 'open';
  #inTransaction = false;
  #openWriters = 0;
  #transactionDepth = 0;
  #lostTransaction: SqliteError | undefined;

  constructor(connection: Connection) {
    this.name = connection.name;
    this.wasm = connection.wasm;
    this.handle = connection.handle;
    this.#vfs = connection.vfs;
    this.#fileSystem = connection.fileSystem;
    this.notifier = new CommitNotifier(connection.wasm);
    this.observer = new CompileObserver(connection.wasm);
    connection.wasm.call._update_hook(connection.handle, 0);
    connection.wasm.call._set_authorizer(connection.handle);
  }

  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** @throws SqliteError when the connection is closed or trapped, or its transaction has been lost. */
  assertUsable(): void {
    if (this.#state === 'open' && this.#lostTransaction === undefined) return;
    if (this.#state === 'closed') throw new SqliteError(`"${this.name}" has been closed.`, MISUSE);
    if (this.#state === 'trapped') {
      throw new SqliteError(
        `The SQLite instance of "${this.name}" trapped earlier; open the database again.`,
        TRAPPED,
      );
    }
    const lost = this.#lostTransaction;
    if (lost === undefined) return;
    // Going on would commit the rest of the transaction without its beginning.
    const message = `The transaction was rolled back when a statement in it failed: ${lost.message}`;
    throw new SqliteError(message, lost.resultCode, { cause: lost });
  }

  /** Runs what calls into the WASM outside of a statement. */
  guard<Result>(action: () => Result): Result {
    this.assertUsable();
    try {
      return action();
    } catch (error) {
      throw this.classify(error);
    }
  }

  /**
   * What an exception out of the WASM means. Only a trap, or a stack that ran out inside it, comes from there: SQLite is then
   * in the middle of something for ever. The files and the lock are let go, as by a crash, so that the database can be
   * opened again; opening rolls back what was not committed.
   */
  classify(error: unknown): unknown {
    if (error instanceof SqliteError) return error;
    this.#state = 'trapped';
    this.#fileSystem.release();
    return new SqliteError(
      `The SQLite instance of "${this.name}" trapped; what was not committed is rolled back when it is opened again.`,
      TRAPPED,
      { cause: error },
    );
  }

  /** The error for a result code, with SQLite's words and the storage's own account, if it was the storage. */
  failure(code: number, context: string): SqliteError {
    const words = this.wasm.terminatedText(this.wasm.call._sqlite3_errmsg(this.handle));
    const storage = this.#vfs.takeFailure();
    if (storage === undefined) return new SqliteError(`${words}, in: ${context}`, code);
    const { cause, resultCode } = storage;
    const account = cause instanceof Error ? cause.message : String(cause);
    // Of what fails in its own statements cr-sqlite says only that something did: a full disk must not look like bad SQL.
    return new SqliteError(`${words} (${account}), in: ${context}`, code === ERROR ? resultCode : code, {
      cause,
    });
  }

  writerOpened(): void {
    this.#openWriters += 1;
  }

  writerClosed(): void {
    this.#openWriters -= 1;
  }

  /**
   * Ends one use of a statement, whose last step returned `code`: resets it, follows the transaction, and tells of a commit.
   * `mark` is where the notifier stood before it. Returns the number of rows that the statement changed.
   * @throws SqliteError when it failed.
   */
  settle(compiled: Compiled, code: number, mark: number, sql: string): number {
    const { call } = this.wasm;
    const { facts } = compiled;
    const failedStep = code === DONE || code === ROW ? undefined : this.failure(code, sql);
    // A statement that is left early commits when it is reset, which may fail in turn.
    const resetCode = call._sqlite3_reset(compiled.handle);
    const error = failedStep ?? (resetCode === OK ? undefined : this.failure(resetCode, sql));
    if (error !== undefined) {
      this.#failed(compiled, mark, error);
      throw error;
    }
    // What SQLite got over is not to be taken for the reason of a later error.
    this.#vfs.takeFailure();
    const changes = compiled.changesRows ? call._sqlite3_changes(this.handle) : 0;
    if (changes > 0 || facts.writesThroughTriggers)
      compiled.unreportedTables.forEach((table) => this.notifier.touch(table));
    if (facts.rollsBack) this.notifier.forgetSince(0);
    if (facts.changesSchema) this.observer.schemaChanged();
    this.#followTransaction(undefined);
    return changes;
  }

  #failed(compiled: Compiled, mark: number, error: SqliteError): void {
    // Only a statement with OR FAIL keeps what it did before it failed, and then SQLite counts it.
    const kept = compiled.changesRows ? this.wasm.call._sqlite3_changes(this.handle) : 0;
    const wasInTransaction = this.#inTransaction;
    const isInTransaction = this.wasm.call._sqlite3_get_autocommit(this.handle) === 0;
    if (wasInTransaction && !isInTransaction) this.notifier.forgetSince(0);
    else if (kept === 0 && (compiled.changesRows || !isInTransaction)) this.notifier.forgetSince(mark);
    this.#followTransaction(error);
  }

  /** Runs a function of the caller inside a transaction that the database has begun and will end. */
  insideTransaction<Result>(run: () => Result): Result {
    this.#transactionDepth += 1;
    try {
      return run();
    } finally {
      this.#transactionDepth -= 1;
    }
  }

  /** Whether SQLite has rolled back the whole transaction by itself. The outermost caller takes note and clears it. */
  takeLostTransaction(): boolean {
    const lost = this.#lostTransaction !== undefined;
    if (this.#transactionDepth === 0) this.#lostTransaction = undefined;
    return lost;
  }

  /**
   * Closes the connection after the given preparation, and lets go of the files and the lock whatever happens: what could
   * not be finished is rolled back when the database is opened again.
   */
  end(prepare: () => void): void {
    // A transaction whose function closes the database is over, lost or not.
    this.#lostTransaction = undefined;
    try {
      this.guard(() => {
        prepare();
        const code = this.wasm.call._sqlite3_close(this.handle);
        if (code !== OK) throw this.failure(code, 'closing the database');
      });
    } finally {
      if (this.#state === 'open') this.#state = 'closed';
      this.#fileSystem.release();
    }
  }

  /** Lets go of the files and the lock without finishing anything. */
  abandon(): void {
    this.#state = 'closed';
    this.#fileSystem.release();
  }

  #followTransaction(error: SqliteError | undefined): void {
    const wasInTransaction = this.#inTransaction;
    this.#inTransaction = this.wasm.call._sqlite3_get_autocommit(this.handle) === 0;
    if (this.#inTransaction) return;
    if (wasInTransaction && this.#transactionDepth > 0) {
      this.#lostTransaction = error ?? new SqliteError('it was ended by a statement of its own', MISUSE);
    }
    if (this.#openWriters === 0) this.notifier.committed();
  }
}
