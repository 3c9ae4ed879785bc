import type { StatementFacts } from './compile-observer.ts';
import type { CommitListener, Database, Row, Statement } from './database.ts';
import { SqliteError } from './errors.ts';
import { MISUSE, OK, ROW } from './result-codes.ts';
import { ScratchMemory } from './scratch-memory.ts';
import { type Compiled, type Connection, Session } from './session.ts';
import { SharedStatement, type StatementHost } from './statement.ts';
import { StatementCache } from './statement-cache.ts';
import { readTables } from './tables-read.ts';

const BEGIN = 'BEGIN';
const COMMIT = 'COMMIT';
const ROLLBACK = 'ROLLBACK';
// Savepoints of one name nest: each of these means the innermost.
const SAVEPOINT = 'SAVEPOINT nested';
const RELEASE = 'RELEASE nested';
const ROLLBACK_TO = 'ROLLBACK TO nested';

const TABLES_BY_ROOT = 'SELECT rootpage, tbl_name FROM sqlite_schema WHERE rootpage > 0';
const TABLES_WITHOUT_ROWID = 'SELECT name FROM pragma_table_list WHERE wr = 1';

/** A database in one instance of the WASM. Made by the entry points `node.ts`, `browser.ts` and `memory.ts`. */
export class WasmDatabase implements Database, StatementHost {
  readonly session: Session;
  readonly scratch: ScratchMemory;
  readonly #statements = new StatementCache();
  #withoutRowid: { readonly asOf: number; readonly tables: ReadonlySet<string> } | undefined;

  constructor(connection: Connection) {
    this.session = new Session(connection);
    this.scratch = new ScratchMemory(connection.wasm);
  }

  get name(): string {
    return this.session.name;
  }

  get inTransaction(): boolean {
    return this.session.inTransaction;
  }

  prepare<Result = Row>(sql: string): Statement<Result> {
    this.session.assertUsable();
    // What the columns hold is the caller's claim.
    return this.#statement(sql).plain as Statement<unknown> as Statement<Result>;
  }

  exec(sql: string): void {
    this.session.guard(() => {
      const { wasm } = this.session;
      const text = wasm.allocateText(sql);
      try {
        let at = text.address;
        const end = text.address + text.bytes;
        while (at < end) {
          const next = this.#compileAt(at, end - at, sql);
          if (next.compiled !== undefined) this.#runOnce(next.compiled, sql);
          at = next.tail;
        }
      } finally {
        if (this.session.isOpen) wasm.free(text.address);
      }
    });
  }

  transaction<Args extends unknown[], Result>(
    run: (...args: Args) => Result extends PromiseLike<unknown> ? never : Result,
  ): (...args: Args) => Result {
    return (...args) => {
      const nested = this.inTransaction;
      const mark = this.session.notifier.mark();
      this.#control(nested ? SAVEPOINT : BEGIN);
      try {
        const result: Result = this.session.insideTransaction(() => run(...args));
        if (isPromiseLike(result)) {
          throw new SqliteError(
            'A transaction cannot wait: the function returned a promise. Nothing was kept.',
            MISUSE,
          );
        }
        this.#control(nested ? RELEASE : COMMIT);
        return result;
      } catch (error) {
        throw this.#undo(nested, mark, error);
      }
    };
  }

  onCommit(listener: CommitListener): () => void {
    this.session.assertUsable();
    return this.session.notifier.listen(listener);
  }

  tablesRead(sql: string): ReadonlySet<string> | undefined {
    const explain = this.#statement(`EXPLAIN ${sql}`);
    const { parameters } = explain.take();
    const bytecode = explain.plain.all(...new Array<null>(parameters).fill(null));
    return readTables(bytecode, () => this.prepare(TABLES_BY_ROOT).all());
  }

  close(): void {
    if (!this.session.isOpen) return;
    this.session.end(() => {
      // cr-sqlite's own statements would keep the connection from closing.
      this.exec('SELECT crsql_finalize()');
      this.#statements.clear();
    });
  }

  /**
   * Lets go of the files and the lock without finishing anything, as the death of the process would; the database is then
   * closed. For tests and simulations of crashes.
   */
  abandon(): void {
    this.session.abandon();
  }

  compile(statement: SharedStatement): Compiled {
    const { sql } = statement;
    const compiled = this.session.guard(() => this.#compileOnly(sql));
    this.#statements.add(statement);
    return compiled;
  }

  #statement(sql: string): SharedStatement {
    const free = this.#statements.find(sql);
    if (free !== undefined) return free;
    const statement = new SharedStatement(this, sql);
    // Now rather than at the first use, so that a mistake in it shows where it was written.
    statement.take();
    return statement;
  }

  #control(sql: string): void {
    this.prepare(sql).run();
  }

  /**
   * Takes back what a transaction function did, unless SQLite has already taken back more, because of an error. Returns the
   * error to throw: that one, or what kept it from being undone, with that one as its cause.
   */
  #undo(nested: boolean, mark: number, reason: unknown): unknown {
    const { session } = this;
    if (!session.isOpen || session.takeLostTransaction() || !session.inTransaction) return reason;
    try {
      if (nested) {
        this.#control(ROLLBACK_TO);
        this.#control(RELEASE);
        session.notifier.forgetSince(mark);
      } else {
        this.#control(ROLLBACK);
      }
    } catch (error) {
      if (!(error instanceof SqliteError)) return error;
      return new SqliteError(`${error.message}, because of: ${String(reason)}`, error.resultCode, {
        cause: reason,
      });
    }
    return reason;
  }

  #compileOnly(sql: string): Compiled {
    const { wasm } = this.session;
    const text = wasm.allocateText(sql);
    try {
      const { compiled, tail } = this.#compileAt(text.address, text.bytes, sql);
      if (compiled === undefined) throw new SqliteError(`There is no statement in: ${sql}`, MISUSE);
      const rest = this.#compileAt(tail, text.address + text.bytes - tail, sql).compiled;
      if (rest !== undefined) {
        wasm.call._sqlite3_finalize(rest.handle);
        wasm.call._sqlite3_finalize(compiled.handle);
        throw new SqliteError(`There is more than one statement (use exec) in: ${sql}`, MISUSE);
      }
      return compiled;
    } finally {
      if (this.session.isOpen) wasm.free(text.address);
    }
  }

  /** Compiles the first statement of a text in memory; none when there is only white space and comments. */
  #compileAt(address: number, bytes: number, sql: string): { compiled: Compiled | undefined; tail: number } {
    const { wasm, handle: database, observer } = this.session;
    const out = wasm.allocate(8);
    try {
      const [code, facts] = observer.observe(() =>
        wasm.call._sqlite3_prepare_v2(database, address, bytes, out, out + 4),
      );
      if (code !== OK) throw this.session.failure(code, sql);
      const handle = wasm.readInt32(out);
      const tail = wasm.readInt32(out + 4);
      if (handle === 0) return { compiled: undefined, tail };
      const parameters = wasm.call._sqlite3_bind_parameter_count(handle);
      const changesRows = !facts.changesSchema && facts.writesTo.size + facts.deletesFrom.size > 0;
      const compiled = {
        handle,
        parameters,
        facts,
        changesRows,
        unreportedTables: this.#unreportedTables(facts),
      };
      return { compiled, tail };
    } finally {
      if (this.session.isOpen) wasm.free(out);
    }
  }

  /** Runs a statement once, without parameters or results. */
  #runOnce(compiled: Compiled, sql: string): void {
    const { wasm, notifier } = this.session;
    const mark = notifier.mark();
    try {
      let code: number;
      do code = wasm.call._sqlite3_step(compiled.handle);
      while (code === ROW);
      this.session.settle(compiled, code, mark, sql);
    } finally {
      if (this.session.isOpen) wasm.call._sqlite3_finalize(compiled.handle);
    }
  }

  /**
   * The update hook does not tell of tables WITHOUT ROWID, nor of the rows of a table that is emptied at one stroke.
   */
  #unreportedTables(facts: StatementFacts): string[] {
    if (facts.changesSchema) return [];
    const unreported = new Set(facts.deletesFrom);
    for (const table of facts.writesTo) if (this.#tablesWithoutRowid().has(table)) unreported.add(table);
    return [...unreported];
  }

  #tablesWithoutRowid(): ReadonlySet<string> {
    const asOf = this.session.observer.schemaActions;
    if (this.#withoutRowid?.asOf !== asOf) {
      const rows = this.prepare<{ name: string }>(TABLES_WITHOUT_ROWID).all();
      this.#withoutRowid = { asOf, tables: new Set(rows.map(({ name }) => name.toLowerCase())) };
    }
    return this.#withoutRowid.tables;
  }
}

function isPromiseLike(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
