import type { Database } from '@octavo/crsqlite/database.ts';

/** The tables that something reads, lower-case; `any` when that cannot be told. */
export type Reads = ReadonlySet<string> | 'any';

/** Which tables each statement reads never changes while a database is open, and asking costs a compilation. */
export class ReadsOfStatements {
  readonly #database: Database;
  readonly #known = new Map<string, Reads>();

  constructor(database: Database) {
    this.#database = database;
  }

  of(sql: string): Reads {
    let reads = this.#known.get(sql);
    if (reads === undefined) {
      reads = this.#database.tablesRead(sql) ?? 'any';
      this.#known.set(sql, reads);
    }
    return reads;
  }
}

/** Runs something on a database and tells, besides the result, which tables its statements read. */
export function recordReads<Result>(
  database: Database,
  statements: ReadsOfStatements,
  run: (database: Database) => Result,
): { result: Result; reads: Reads } {
  const tables = new Set<string>();
  const unknown = new Set<string>();
  const recorded: Database = {
    name: database.name,
    get inTransaction() {
      return database.inTransaction;
    },
    prepare: (sql) => {
      const reads = statements.of(sql);
      if (reads === 'any') unknown.add(sql);
      else for (const table of reads) tables.add(table);
      return database.prepare(sql);
    },
    exec: (sql) => database.exec(sql),
    transaction: (body) => database.transaction(body),
    onCommit: (listener) => database.onCommit(listener),
    tablesRead: (sql) => database.tablesRead(sql),
    close: () => database.close(),
  };
  const result = run(recorded);
  return { result, reads: unknown.size > 0 ? 'any' : tables };
}
