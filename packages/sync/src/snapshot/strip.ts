import type { Database } from '@octavo/crsqlite/database.ts';
import { quote } from '../storage/quote.ts';

/** What cr-sqlite keeps beside the clocks: its version, and which number stands for which author. */
const OF_CRSQLITE = ['crsql_master', 'crsql_site_id', 'crsql_tracked_peers'];

/** What the engine keeps that is about the shop and not about one replica of it. */
const OF_THE_SHOP = ['octavo_lineage', 'octavo_epoch', 'octavo_schema_history'];

interface SchemaObject {
  name: string;
  type: 'table' | 'view' | 'trigger' | 'index';
  /** Null for what SQLite makes by itself. */
  sql: string | null;
}

/**
 * Removes everything from a server's file but the replicated tables with their clocks and what describes the shop. It
 * lists what may stay, so that a table that somebody adds one day does not leave the server by mistake. Local tables of
 * the schema, such as a search index, go with their triggers: every replica makes its own.
 */
export function strip(database: Database, replicatedTables: readonly string[]): void {
  const staying = new Set([...OF_CRSQLITE, ...OF_THE_SHOP]);
  for (const table of replicatedTables)
    for (const name of [table, `${table}__crsql_clock`, `${table}__crsql_pks`]) staying.add(name);

  const tables = objects(database).filter(
    ({ name, type }) => type === 'table' && !name.startsWith('sqlite_') && !staying.has(name),
  );
  // The tables of a virtual one go with it.
  tables.sort((left, right) => Number(isVirtual(right)) - Number(isVirtual(left)));
  for (const { name } of tables) database.exec(`DROP TABLE IF EXISTS ${quote(name)}`);

  const gone = new Set(tables.map(({ name }) => name.toLowerCase()));
  for (const object of objects(database)) {
    if ((object.type === 'trigger' || object.type === 'view') && mentions(object, gone))
      database.exec(`DROP ${object.type} IF EXISTS ${quote(object.name)}`);
  }
  database.exec('DELETE FROM crsql_tracked_peers');
}

function objects(database: Database): SchemaObject[] {
  return database
    .prepare<{
      name: string;
      type: SchemaObject['type'];
      sql: string | null;
    }>('SELECT name, type, sql FROM sqlite_schema')
    .all();
}

function isVirtual({ sql }: SchemaObject): boolean {
  return sql !== null && /^CREATE\s+VIRTUAL/i.test(sql);
}

/** A trigger on a table that stays would fail, and its writer with it, once a table that it writes to is gone. */
function mentions({ sql }: SchemaObject, names: ReadonlySet<string>): boolean {
  const words = (sql ?? '').toLowerCase().split(/[^\p{L}\p{N}_$]+/u);
  return words.some((word) => names.has(word));
}
