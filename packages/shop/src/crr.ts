import type { Database } from '@octavo/crsqlite/database.ts';

export interface CrrDefinition {
  readonly table: string;
  /** The primary key's columns, all TEXT NOT NULL: a text '5' in an INTEGER key would be two rows to the clocks. */
  readonly key: readonly string[];
  /** The other columns: each nullable or with a default, each CHECK on one column that its default satisfies. */
  readonly columns: readonly string[];
}

/**
 * Creates a replicated table (CRR), STRICT, with a trigger that refuses every change of its primary key ([V-5] in
 * `packages/sync/SPEC.md`): the clock rows would move with their old version and author, and other replicas would lose the row's
 * columns. A merge writes by upsert of other columns and never fires it.
 */
export function createCrr(db: Database, { table, key, columns }: CrrDefinition): void {
  const keyColumns = key.map((column) => `${column} TEXT NOT NULL`);
  const definitions = [...keyColumns, ...columns, `PRIMARY KEY (${key.join(', ')})`];
  db.exec(`CREATE TABLE ${table} (\n  ${definitions.join(',\n  ')}\n) STRICT`);
  db.prepare(`SELECT crsql_as_crr('${table}')`).get();
  const differs = key.map((column) => `NEW.${column} IS NOT OLD.${column}`).join(' OR ');
  db.exec(`CREATE TRIGGER ${table}_key_never_changes BEFORE UPDATE OF ${key.join(', ')} ON ${table}
    WHEN ${differs}
    BEGIN
      SELECT RAISE(ABORT, 'The primary key of ${table} never changes: insert a new row and delete the old one.');
    END`);
}
