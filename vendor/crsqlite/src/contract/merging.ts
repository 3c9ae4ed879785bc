import type { Database, SqlValue } from '../database.ts';
import { assertEqual } from './assertions.ts';
import type { ContractTest } from './contract-test.ts';

/** Values at the edges of their storage classes, and of one class beside its neighbour of another. */
const EDGE_VALUES: readonly SqlValue[] = [
  null,
  0n,
  0,
  -0,
  1n,
  1,
  -1n,
  2n ** 53n - 1n,
  2n ** 53n + 1n,
  2 ** 53,
  2n ** 63n - 1n,
  -(2n ** 63n),
  2 ** 63,
  0.1,
  5e-324,
  Infinity,
  -Infinity,
  '',
  '1',
  '1.0',
  'a\0b',
  'é😀',
  '\uFEFF',
  new Uint8Array(0),
  Uint8Array.of(0),
  Uint8Array.of(0x31),
  new TextEncoder().encode('é😀'),
];

const COLUMNS = ['an_integer', 'a_real', 'a_text', 'a_blob', 'a_numeric', 'typeless'] as const;
const SCHEMA =
  'CREATE TABLE loose (id INTEGER PRIMARY KEY NOT NULL, an_integer INTEGER, a_real REAL, a_text TEXT, a_blob BLOB, a_numeric NUMERIC, typeless); ' +
  'CREATE TABLE strict (id INTEGER PRIMARY KEY NOT NULL, anything ANY) STRICT; ' +
  "SELECT crsql_as_crr('loose'); SELECT crsql_as_crr('strict')";

const READ =
  'SELECT "table", pk, cid, val, col_version, cl, site_id, seq FROM crsql_changes WHERE site_id = crsql_site_id()';
const MERGE =
  'INSERT INTO crsql_changes ("table", pk, cid, val, col_version, cl, site_id, seq, db_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)';

/** Everything that one replica has written, merged into the other under the other's own next version. */
function merge(from: readonly (readonly SqlValue[])[], into: Database): void {
  into.transaction(() => {
    const [version] = into.prepare('SELECT crsql_db_version() + 1').exact<[bigint]>().get() ?? [1n];
    const statement = into.prepare(MERGE).exact();
    for (const change of from) statement.run(...change, version);
  })();
}

function write(db: Database, pick: (first: SqlValue, second: SqlValue) => SqlValue): void {
  const loose = db.prepare('INSERT INTO loose VALUES (?, ?, ?, ?, ?, ?, ?)').exact();
  const strict = db.prepare('INSERT INTO strict VALUES (?, ?)').exact();
  let id = 0n;
  db.transaction(() => {
    for (const first of EDGE_VALUES) {
      for (const second of EDGE_VALUES) {
        const value = pick(first, second);
        id += 1n;
        loose.run(id, ...COLUMNS.map(() => value));
        strict.run(id, value);
      }
    }
  })();
}

/** Every value with its class, in an order that does not depend on it. */
function contents(db: Database): (readonly SqlValue[])[] {
  const typed = COLUMNS.map((column) => `${column}, typeof(${column})`).join(', ');
  return [
    ...db.prepare(`SELECT id, ${typed} FROM loose ORDER BY id`).exact().iterate(),
    ...db.prepare('SELECT id, anything, typeof(anything) FROM strict ORDER BY id').exact().iterate(),
  ];
}

/** Storage classes through replication. */
export const MERGING_TESTS: readonly ContractTest[] = [
  {
    name: '[V-3] all pairs of edge values in columns of every affinity, written at once on two replicas, converge with their class',
    async run(store) {
      const [a, b] = [await store.open('a.sqlite3'), await store.open('b.sqlite3')];
      for (const db of [a, b]) db.exec(SCHEMA);
      write(a, (first) => first);
      write(b, (_first, second) => second);
      const [fromA, fromB] = [a.prepare(READ).exact().all(), b.prepare(READ).exact().all()];
      merge(fromA, b);
      merge(fromB, a);
      const [inA, inB] = [contents(a), contents(b)];
      assertEqual(inA.length, EDGE_VALUES.length ** 2 * 2, 'rows');
      inA.forEach((row, index) => assertEqual(row, inB[index], `row ${index}`));
    },
  },
  {
    name: '[V-3] a value merged into a replica that has none arrives exactly as it was, class and all',
    async run(store) {
      const [a, b] = [await store.open('a.sqlite3'), await store.open('b.sqlite3')];
      for (const db of [a, b]) db.exec(SCHEMA);
      write(a, (first) => first);
      merge(a.prepare(READ).exact().all(), b);
      const [inA, inB] = [contents(a), contents(b)];
      inA.forEach((row, index) => assertEqual(row, inB[index], `row ${index}`));
      const written = EDGE_VALUES.map((value) => (Object.is(value, -0) ? 0 : value));
      const arrived = b
        .prepare('SELECT anything FROM strict WHERE id % ? = 1 ORDER BY id')
        .exact()
        .all(BigInt(EDGE_VALUES.length));
      assertEqual(
        arrived.map(([value]) => value),
        written,
      );
    },
  },
];
