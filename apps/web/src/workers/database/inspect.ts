import type { Database } from '@octavo/crsqlite/database.ts';
import { toHex } from '@octavo/protocol/identity.ts';
import type { Replica } from '@octavo/sync/replica.ts';
import type { Inspection } from '#lib/doctor/contract.ts';

const MESSAGES_KEPT = 20;

/** Looks through a whole database: what SQLite says of the file, and whether replication's own records fit together. */
export function inspectReplica(replica: Replica): Inspection {
  const { database } = replica;
  const lineage = replica.lineage();
  const pageSize = pragma(database, 'page_size');
  return {
    integrity: integrityOf(database),
    bookkeeping: bookkeepingProblems(replica),
    schemaName: replica.schema.name,
    schemaVersion: pragma(database, 'user_version'),
    siteId: toHex(replica.siteId),
    lineage: lineage && toHex(lineage),
    head: Number(replica.head()),
    epochs: replica.epochs().length,
    size: pageSize * pragma(database, 'page_count'),
    free: pageSize * pragma(database, 'freelist_count'),
  };
}

function integrityOf(database: Database): string[] {
  const rows = database.prepare('PRAGMA integrity_check').all();
  return rows.flatMap((row) => Object.values(row).map(String)).slice(0, MESSAGES_KEPT);
}

function bookkeepingProblems(replica: Replica): string[] {
  const { database, clockTables } = replica;
  const problems: string[] = [];
  const own = 'SELECT count(*) AS n FROM crsql_site_id WHERE ordinal = 0 AND length(site_id) = 16';
  if (numberOf(database, own) !== 1) problems.push('The site id is missing.');
  const counter = database.prepare('SELECT crsql_db_version()').exact<[bigint]>().get()?.[0] ?? -1n;
  if (counter < replica.head())
    problems.push(`The counter of versions is at ${counter}, behind the log at ${replica.head()}.`);
  for (const table of clockTables.tables) {
    const rows = rowsWithoutVersion(database, table);
    // Such a row is on this device and will never be sent.
    if (rows > 0) problems.push(`${rows} rows of "${table}" have no version.`);
  }
  return problems;
}

function rowsWithoutVersion(database: Database, table: string): number {
  const key = database
    .prepare<{ name: string }>('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk')
    .all(table)
    .map(({ name }) => quote(name));
  const same = key.map((column) => `known.${column} IS row.${column}`).join(' AND ');
  return numberOf(
    database,
    `SELECT count(*) AS n FROM ${quote(table)} AS row
     WHERE NOT EXISTS (SELECT 1 FROM ${quote(`${table}__crsql_pks`)} AS known WHERE ${same})`,
  );
}

function pragma(database: Database, name: string): number {
  const [value] = Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {});
  return Number(value);
}

function numberOf(database: Database, sql: string): number {
  return database.prepare<{ n: number }>(sql).get()?.n ?? -1;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
