import type { Database, SqlValue } from '@octavo/crsqlite/database.ts';
import { openMemory } from '@octavo/crsqlite/memory.ts';
import type { ShopContext } from '../src/context.ts';
import type { Schema } from '../src/schema.ts';
import { schema as currentSchema } from '../src/schema.ts';

/** A replica of the shop in memory, with a clock that stands still and ids that count. */
export interface Replica extends ShopContext, Disposable {
  readonly label: string;
}

/** Opens a new, empty replica; `label` makes its ids and its opening recognisable. */
export async function openReplica(label: string, schema: Schema = currentSchema): Promise<Replica> {
  const db = await openMemory({ name: label });
  schema.migrate(db);
  return { label, ...contextOf(db, label), [Symbol.dispose]: () => db.close() };
}

/** Another opening of the same database, as after a restart. */
export function reopened(replica: Replica, opening: string): ShopContext {
  return { ...contextOf(replica.db, opening), newId: replica.newId };
}

function contextOf(db: Database, label: string): ShopContext {
  let ids = 0;
  let time = 1_000;
  return {
    db,
    opening: `opening-${label}`,
    now: () => (time += 1),
    newId: () => `${label}-${(ids += 1)}`,
  };
}

/** Copies what `from` knows and `to` has not written itself, as the engine does; returns the number of changes. */
export function merge(from: Database, to: Database): number {
  const [ownSite] = to.prepare('SELECT crsql_site_id()').exact<[Uint8Array]>().get() ?? [];
  const changes = from
    .prepare(
      `SELECT "table", pk, cid, val, col_version, db_version, site_id, cl, seq FROM crsql_changes
       WHERE site_id IS NOT ? OR col_version = 0 ORDER BY db_version, seq`,
    )
    .exact()
    .all(ownSite ?? null);
  return applyChanges(to, changes);
}

/** Applies changes one transaction of the source after the other, each under a version of the receiver's own. */
export function applyChanges(to: Database, changes: readonly (readonly SqlValue[])[]): number {
  to.transaction(() => {
    const [base] = to.prepare('SELECT crsql_db_version()').exact<[bigint]>().get() ?? [];
    if (base === undefined) throw new Error('crsql_db_version() returned no row.');
    const insert = to
      .prepare(
        `INSERT INTO crsql_changes ("table", pk, cid, val, col_version, db_version, site_id, cl, seq)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .exact();
    let version = base;
    let source: SqlValue | undefined;
    for (const [table, pk, cid, val, colVersion, dbVersion, siteId, cl, seq] of changes as SqlValue[][]) {
      if (dbVersion !== source) version += 1n;
      source = dbVersion;
      insert.run(...defined([table, pk, cid, val, colVersion, version, siteId, cl, seq]));
    }
  })();
  return changes.length;
}

/** Both learn everything from each other. */
export function sync(one: { db: Database }, other: { db: Database }): void {
  merge(one.db, other.db);
  merge(other.db, one.db);
}

/** The largest db version in the log: it rises with every change that others would be sent. */
export function head(db: Database): bigint {
  const [version] =
    db.prepare('SELECT max(db_version) FROM crsql_changes').exact<[bigint | null]>().get() ?? [];
  return version ?? 0n;
}

/** The rows of a table, to compare replicas. */
export function rowsOf(db: Database, table: string): unknown[] {
  return db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2, 3, 4`).all();
}

function defined(values: readonly (SqlValue | undefined)[]): SqlValue[] {
  return values.map((value) => value ?? null);
}
