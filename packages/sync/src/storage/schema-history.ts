import type { Database } from '@octavo/crsqlite/database.ts';
import { ROW_SENTINEL } from '@octavo/protocol/change.ts';
import { ClockTables } from './clock-tables.ts';
import { readReplicatedSchema } from './replicated-schema.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS octavo_schema_history (
    "table" TEXT NOT NULL,
    "column" TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY ("table", "column")
  ) STRICT, WITHOUT ROWID;
`;

/** Columns by their tables, the row's sentinel among them. */
export type ColumnSelection = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * With which version of the schema each replicated table and column came [HS-2]: what a peer of an older version knows,
 * and what it lacks once it has been upgraded.
 */
export class SchemaHistory {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    database.exec(TABLE);
  }

  /** Call in the transaction of each migration: whatever is new came with this version. */
  record(version: number): void {
    const insert = this.#database.prepare(
      'INSERT OR IGNORE INTO octavo_schema_history ("table", "column", since) VALUES (?, ?, ?)',
    );
    const { tables } = new ClockTables(this.#database);
    for (const [table, { columns }] of readReplicatedSchema(this.#database, tables)) {
      for (const column of [ROW_SENTINEL, ...columns.keys()]) insert.run(table, column, version);
    }
  }

  /** What came after one version, up to another. */
  between(after: number, through: number): ColumnSelection {
    const selection = new Map<string, Set<string>>();
    const rows = this.#database
      .prepare<{ table: string; column: string }>(
        'SELECT "table", "column" FROM octavo_schema_history WHERE since > ? AND since <= ?',
      )
      .all(after, through);
    for (const { table, column } of rows) {
      const columns = selection.get(table) ?? new Set();
      selection.set(table, columns.add(column));
    }
    return selection;
  }
}
