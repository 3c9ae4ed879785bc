import type { Row, SqlValue } from './database.ts';

const OPENS_A_TABLE: ReadonlySet<SqlValue> = new Set(['OpenRead', 'ReopenIdx', 'OpenWrite']);
const OPENS_A_VIRTUAL_TABLE = 'VOpen';
/** The root page of the table that holds the schema, which is not listed in itself. */
const SCHEMA_ROOT = 1;

/**
 * The tables that a query reads, from its bytecode, so through views, triggers and subqueries. Undefined when it opens a virtual
 * table, which may read anything. `bytecode` is what EXPLAIN lists, `schema` the rows of sqlite_schema with a root page.
 */
export function readTables(
  bytecode: readonly Row[],
  schema: () => readonly Row[],
): ReadonlySet<string> | undefined {
  const tables = new Set<string>();
  let tableByRoot: Map<SqlValue, string> | undefined;
  for (const { opcode, p2, p3 } of bytecode) {
    if (opcode === OPENS_A_VIRTUAL_TABLE) return undefined;
    // p3 is the schema; temporary tables and attached files have page numbers of their own.
    if (opcode === undefined || p2 === undefined || !OPENS_A_TABLE.has(opcode)) continue;
    tableByRoot ??= new Map(
      schema().map(({ rootpage, tbl_name }) => [rootpage ?? null, String(tbl_name).toLowerCase()]),
    );
    const table = p2 === SCHEMA_ROOT ? 'sqlite_schema' : tableByRoot.get(p2);
    if (table === undefined || p3 !== 0) return undefined;
    tables.add(table);
  }
  return tables;
}
