/**
 * The interface of a database: synchronous, the shape of `better-sqlite3`, so that a native driver could take its
 * place. Packages know this file and the WASM behind it does not show.
 */

/** What SQLite stores. INTEGER comes as a number while it is safe, as a bigint beyond 2^53; REAL is a number. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** A row as `{ column: value }`. */
export type Row = Record<string, SqlValue>;

export interface RunResult {
  /** Rows that the statement itself inserted, updated or deleted (not those of triggers). */
  changes: number;
}

/**
 * A prepared statement. Binding: `bigint` is INTEGER, `string` TEXT, `Uint8Array` BLOB, `null` NULL. A `number` is
 * INTEGER when it is a safe integer and REAL otherwise; in exact mode every `number` is REAL. -0 is written
 * as 0. Positional parameters only (`?` or `?1`).
 *
 * A statement belongs to one use at a time: while an iterator of it is open, it refuses to run again.
 */
export interface Statement<Result = Row> {
  run(...params: readonly SqlValue[]): RunResult;
  get(...params: readonly SqlValue[]): Result | undefined;
  all(...params: readonly SqlValue[]): Result[];
  iterate(...params: readonly SqlValue[]): IterableIterator<Result>;
  /** The names of the result's columns; empty for a statement that returns nothing. */
  columns(): string[];
  /**
   * The same statement in exact mode: every INTEGER is read as a `bigint` and every REAL as a `number`, so that the
   * storage class survives the trip through JavaScript, and rows come as arrays in column order.
   */
  exact<Values extends readonly SqlValue[] = readonly SqlValue[]>(): Statement<Values>;
}

/** Tables that a committed transaction changed, in the order in which they were first touched. */
export type CommitListener = (tables: ReadonlySet<string>) => void;

export interface Database {
  /** The file's name as it was opened. */
  readonly name: string;
  readonly inTransaction: boolean;
  /** Prepares a statement, or returns the cached one of the same text that is not in use. */
  prepare<Result = Row>(sql: string): Statement<Result>;
  /** Runs one or several statements without parameters or results. */
  exec(sql: string): void;
  /**
   * Wraps a function so that it runs in a transaction: committed when it returns, rolled back when it throws. Inside
   * an open transaction it becomes a savepoint. A function that returns a promise is refused: nothing may wait inside
   * a transaction.
   */
  transaction<Args extends unknown[], Result>(
    run: (...args: Args) => Result extends PromiseLike<unknown> ? never : Result,
  ): (...args: Args) => Result;
  /** Calls the listener after each commit that changed a table. Returns the function that ends it. */
  onCommit(listener: CommitListener): () => void;
  /**
   * The tables that a query reads, lower-case, for live queries; `undefined` when it cannot be told (a virtual table),
   * which means: any of them.
   */
  tablesRead(sql: string): ReadonlySet<string> | undefined;
  /** Finalises every statement and closes the file. Closing twice does nothing. */
  close(): void;
}
