import type { Database } from '@octavo/crsqlite/database.ts';
import type { DbVersion, Lineage } from '@octavo/protocol/identity.ts';
import type { Check } from './host-interface.ts';

/** How much to look at: `quick` costs milliseconds; `full` reads every page, index and clock of the file. */
export type CheckDepth = 'quick' | 'full';

/** What is looked at: an open replica, or a file that none has been made of. */
export interface Checkable {
  database: Database;
  lineage(): Lineage | undefined;
  head(): DbVersion;
  clockTables: { tables: readonly string[] };
}

/** Looks whether a database is sound. Problems are reported, not thrown, except those that end the instance. */
export function checkDatabase(replica: Checkable, depth: CheckDepth): Check[] {
  const { database } = replica;
  const checks = [checkIdentity(replica), checkHead(replica)];
  if (depth === 'quick') return checks;
  return [
    pragmaCheck(database, 'quick_check'),
    pragmaCheck(database, 'integrity_check'),
    ...checks,
    ...replica.clockTables.tables.map((table) => checkClocks(database, table)),
    ...replica.clockTables.tables.map((table) => countRows(database, table)),
  ];
}

function pragmaCheck(database: Database, pragma: 'quick_check' | 'integrity_check'): Check {
  const rows = database.prepare(`PRAGMA ${pragma}`).all();
  const words = rows.flatMap((row) => Object.values(row).map(String));
  const ok = words.length === 1 && words[0] === 'ok';
  return { name: pragma, ok, detail: words.slice(0, 20).join('; ') };
}

function checkIdentity(replica: Checkable): Check {
  const own = replica.database
    .prepare<{ sites: number }>(
      'SELECT count(*) AS sites FROM crsql_site_id WHERE ordinal = 0 AND length(site_id) = 16',
    )
    .get();
  const ok = own?.sites === 1 && replica.lineage() !== undefined;
  return {
    name: 'identity',
    ok,
    detail: ok ? 'one site id and a lineage' : 'the site id or the lineage is missing',
  };
}

/** The counter that new versions come from may be ahead of the log, never behind it. */
function checkHead(replica: Checkable): Check {
  const row = replica.database.prepare('SELECT crsql_db_version()').exact<[bigint]>().get();
  const counter = row?.[0] ?? -1n;
  const head = replica.head();
  return { name: 'versions', ok: counter >= head, detail: `log up to ${head}, counter at ${counter}` };
}

/** Every row must be known to cr-sqlite, or its changes would never be sent. */
function checkClocks(database: Database, table: string): Check {
  const quoted = quote(table);
  const key = database
    .prepare<{ name: string }>('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk')
    .all(table)
    .map(({ name }) => quote(name));
  const same = key.map((column) => `known.${column} IS row.${column}`).join(' AND ');
  const unknown = database
    .prepare<{ rows: number }>(
      `SELECT count(*) AS rows FROM ${quoted} AS row
       WHERE NOT EXISTS (SELECT 1 FROM ${quote(`${table}__crsql_pks`)} AS known WHERE ${same})`,
    )
    .get();
  const rows = unknown?.rows ?? -1;
  return { name: `clocks of ${table}`, ok: rows === 0, detail: `${rows} rows without a version` };
}

function countRows(database: Database, table: string): Check {
  const row = database.prepare<{ rows: number }>(`SELECT count(*) AS rows FROM ${quote(table)}`).get();
  return { name: `rows of ${table}`, ok: true, detail: String(row?.rows ?? 0) };
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
