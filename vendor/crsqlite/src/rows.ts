import type { Row, SqlValue } from './database.ts';
import { ROW } from './result-codes.ts';
import type { Compiled, Session } from './session.ts';
import type { SharedStatement } from './statement.ts';
import { bindAll, bytesToBind, type Mode, readColumn } from './values.ts';

/** Reads the current row of a statement. */
export type ReadRow<Result> = (
  session: Session,
  handle: number,
  columns: readonly string[],
  mode: Mode,
) => Result;

export function rowAsObject(session: Session, handle: number, columns: readonly string[], mode: Mode): Row {
  const row: Row = {};
  let index = 0;
  for (const column of columns) {
    row[column] = readColumn(session.wasm, handle, index, mode);
    index += 1;
  }
  return row;
}

export function rowAsArray(
  session: Session,
  handle: number,
  columns: readonly string[],
  mode: Mode,
): readonly SqlValue[] {
  const row: SqlValue[] = [];
  for (let index = 0; index < columns.length; index += 1) {
    row.push(readColumn(session.wasm, handle, index, mode));
  }
  return row;
}

/**
 * The rows of a statement one at a time. The statement is in use until the last row, an error, or `return` (which a `for` loop
 * calls when it is left). Its parameters lie in memory of their own, since other statements run in between.
 */
export class RowIterator<Result> implements IterableIterator<Result> {
  readonly #shared: SharedStatement;
  readonly #mode: Mode;
  readonly #readRow: ReadRow<Result>;
  readonly #compiled: Compiled;
  readonly #mark: number;
  readonly #parameters: number;
  #columns: readonly string[] | undefined;
  #open = true;

  constructor(shared: SharedStatement, mode: Mode, readRow: ReadRow<Result>, params: readonly SqlValue[]) {
    const { session } = shared.host;
    this.#shared = shared;
    this.#mode = mode;
    this.#readRow = readRow;
    this.#compiled = shared.take(params);
    this.#mark = session.notifier.mark();
    const bytes = bytesToBind(params);
    this.#parameters = session.wasm.allocate(Math.max(1, bytes));
    try {
      bindAll(session.wasm, this.#compiled.handle, params, mode, this.#parameters);
    } catch (error) {
      session.wasm.free(this.#parameters);
      throw session.classify(error);
    }
    shared.inUse = true;
    if (this.#compiled.changesRows) session.writerOpened();
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Result, undefined> {
    if (!this.#open) return { done: true, value: undefined };
    const { session } = this.#shared.host;
    session.assertUsable();
    const { handle } = this.#compiled;
    try {
      const code = session.wasm.call._sqlite3_step(handle);
      if (code === ROW) {
        this.#columns ??= this.#shared.columns(this.#compiled);
        return { done: false, value: this.#readRow(session, handle, this.#columns, this.#mode) };
      }
      this.#end(code);
      return { done: true, value: undefined };
    } catch (error) {
      throw session.classify(error);
    }
  }

  return(): IteratorResult<Result, undefined> {
    const { session } = this.#shared.host;
    // Closing the database has finalised the statement, and a trapped instance is not to be touched.
    if (this.#open && session.isOpen) session.guard(() => this.#end(ROW));
    this.#open = false;
    return { done: true, value: undefined };
  }

  #end(code: number): void {
    const { session } = this.#shared.host;
    // First, since what settling throws or tells listeners of must find the statement free.
    this.#open = false;
    this.#shared.inUse = false;
    if (this.#compiled.changesRows) session.writerClosed();
    try {
      session.settle(this.#compiled, code, this.#mark, this.#shared.sql);
    } finally {
      session.wasm.free(this.#parameters);
    }
  }
}
