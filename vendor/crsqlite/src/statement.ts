import type { Row, RunResult, SqlValue, Statement } from './database.ts';
import { SqliteError } from './errors.ts';
import { MISUSE, RANGE, ROW } from './result-codes.ts';
import { type ReadRow, RowIterator, rowAsArray, rowAsObject } from './rows.ts';
import type { ScratchMemory } from './scratch-memory.ts';
import type { Compiled, Session } from './session.ts';
import { bindAll, bytesToBind, type Mode } from './values.ts';

/** What statements need of their database. */
export interface StatementHost {
  readonly session: Session;
  /** Memory for the parameters of statements that run to their end before anything else does. */
  readonly scratch: ScratchMemory;
  /** Compiles a statement and takes it into the cache. */
  compile(statement: SharedStatement): Compiled;
}

/** One SQL text, compiled when needed; both modes of it are faces of the same compiled statement. */
export class SharedStatement {
  readonly sql: string;
  readonly host: StatementHost;
  readonly plain: WasmStatement<Row>;
  readonly exact: WasmStatement<readonly SqlValue[]>;
  /** An iterator of it is open. */
  inUse = false;
  #used = true;
  #compiled: Compiled | undefined;
  #columns: readonly string[] = [];
  #columnsReadAt = -1;

  constructor(host: StatementHost, sql: string) {
    this.host = host;
    this.sql = sql;
    this.plain = new WasmStatement(this, 'plain', rowAsObject);
    this.exact = new WasmStatement(this, 'exact', rowAsArray);
  }

  /**
   * The compiled statement, for one use with these parameters now.
   * @throws SqliteError when it is in use, or takes another number of parameters.
   */
  take(params?: readonly SqlValue[]): Compiled {
    this.host.session.assertUsable();
    if (this.inUse) {
      throw new SqliteError(`A statement cannot run while it is being iterated: ${this.sql}`, MISUSE);
    }
    this.#used = true;
    const compiled = (this.#compiled ??= this.host.compile(this));
    if (params !== undefined && params.length !== compiled.parameters) {
      const message = `A statement of ${compiled.parameters} parameters was given ${params.length}: ${this.sql}`;
      throw new SqliteError(message, RANGE);
    }
    return compiled;
  }

  /** Whether it was used since this was last asked. */
  takeUsed(): boolean {
    const used = this.#used;
    this.#used = false;
    return used;
  }

  finalize(): void {
    if (this.#compiled === undefined) return;
    this.host.session.wasm.call._sqlite3_finalize(this.#compiled.handle);
    this.#compiled = undefined;
    this.#columnsReadAt = -1;
  }

  /** The names of the result's columns. SQLite compiles again by itself when the schema has changed, and they with it. */
  columns(compiled: Compiled): readonly string[] {
    const { observer, wasm } = this.host.session;
    if (this.#columnsReadAt === observer.actions) return this.#columns;
    const count = wasm.call._sqlite3_column_count(compiled.handle);
    const names: string[] = [];
    for (let column = 0; column < count; column += 1) {
      names.push(wasm.terminatedText(wasm.call._sqlite3_column_name(compiled.handle, column)));
    }
    this.#columns = names;
    this.#columnsReadAt = observer.actions;
    return names;
  }
}

/** One face of a statement. */
export class WasmStatement<Result> implements Statement<Result> {
  readonly #shared: SharedStatement;
  readonly #mode: Mode;
  readonly #readRow: ReadRow<Result>;

  constructor(shared: SharedStatement, mode: Mode, readRow: ReadRow<Result>) {
    this.#shared = shared;
    this.#mode = mode;
    this.#readRow = readRow;
  }

  run(...params: readonly SqlValue[]): RunResult {
    return { changes: this.#execute(params, undefined, Infinity) };
  }

  get(...params: readonly SqlValue[]): Result | undefined {
    const rows: Result[] = [];
    this.#execute(params, rows, 1);
    return rows[0];
  }

  all(...params: readonly SqlValue[]): Result[] {
    const rows: Result[] = [];
    this.#execute(params, rows, Infinity);
    return rows;
  }

  iterate(...params: readonly SqlValue[]): IterableIterator<Result> {
    return new RowIterator(this.#shared, this.#mode, this.#readRow, params);
  }

  columns(): string[] {
    const { session } = this.#shared.host;
    return session.guard(() => [...this.#shared.columns(this.#shared.take())]);
  }

  exact<Values extends readonly SqlValue[] = readonly SqlValue[]>(): Statement<Values> {
    // What the columns hold is the caller's claim, as it is of every typed query.
    return this.#shared.exact as Statement<readonly SqlValue[]> as Statement<Values>;
  }

  /** Runs the statement to its end or to the given number of rows; returns the number of rows it changed. */
  #execute(params: readonly SqlValue[], rows: Result[] | undefined, most: number): number {
    const shared = this.#shared;
    const { session, scratch } = shared.host;
    const { wasm } = session;
    const mark = session.notifier.mark();
    const compiled = shared.take(params);
    const { handle } = compiled;
    try {
      bindAll(wasm, handle, params, this.#mode, scratch.reserve(bytesToBind(params)));
      let code = wasm.call._sqlite3_step(handle);
      if (rows !== undefined && code === ROW) {
        const columns = shared.columns(compiled);
        do {
          rows.push(this.#readRow(session, handle, columns, this.#mode));
          if (rows.length === most) break;
          code = wasm.call._sqlite3_step(handle);
        } while (code === ROW);
      }
      while (rows === undefined && code === ROW) code = wasm.call._sqlite3_step(handle);
      return session.settle(compiled, code, mark, shared.sql);
    } catch (error) {
      throw session.classify(error);
    }
  }
}
