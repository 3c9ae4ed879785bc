import type { Database } from '../database.ts';
import { assertEqual, assertFails, assertRejected, assertTrue } from './assertions.ts';
import type { ContractTest } from './contract-test.ts';

const FILE = 'shop.sqlite3';
const CRR = "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, v TEXT) STRICT; SELECT crsql_as_crr('t')";
const EMPTY_KEY_CHANGE =
  "INSERT INTO crsql_changes VALUES ('t', X'', 'v', 'x', 1, 1, X'00112233445566778899AABBCCDDEEFF', 1, 0)";

function ids(db: Database): number[] {
  return db
    .prepare<{ id: number }>('SELECT id FROM t ORDER BY id')
    .all()
    .map(({ id }) => id);
}

/** Errors by code, locks, traps and closing. */
export const FAILURE_TESTS: readonly ContractTest[] = [
  {
    name: 'errors carry the extended result code and the failure it stands for',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(
        'CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL CHECK (n < 10), u TEXT UNIQUE) STRICT',
      );
      db.exec("INSERT INTO t VALUES (1, 1, 'a')");
      db.exec("CREATE TRIGGER refuse BEFORE DELETE ON t BEGIN SELECT raise(ABORT, 'kept'); END");
      const codes: [number, 'constraint' | 'statement', string][] = [
        [1555, 'constraint', "INSERT INTO t VALUES (1, 1, 'b')"],
        [2067, 'constraint', "INSERT INTO t VALUES (2, 1, 'a')"],
        [275, 'constraint', "INSERT INTO t VALUES (2, 10, 'b')"],
        [1299, 'constraint', "INSERT INTO t VALUES (2, NULL, 'b')"],
        [3091, 'constraint', "INSERT INTO t VALUES (2, 'text', 'b')"],
        [1811, 'constraint', 'DELETE FROM t'],
        [1, 'statement', 'SELECT nothing FROM nowhere'],
        [1, 'statement', 'SELEC 1'],
        [1, 'statement', 'COMMIT'],
      ];
      for (const [code, failure, sql] of codes) {
        assertEqual(assertFails(failure, () => db.exec(sql)).resultCode, code, sql);
        assertEqual(assertFails(failure, () => db.prepare(sql).run()).resultCode, code, sql);
        assertEqual(assertFails(failure, () => db.prepare(sql).all()).resultCode, code, sql);
        assertEqual(assertFails(failure, () => [...db.prepare(sql).iterate()]).resultCode, code, sql);
      }
      assertEqual(db.prepare('SELECT count(*) AS n FROM t').get(), { n: 1 });
    },
  },
  {
    name: 'an error says in words what SQLite found, and in which statement',
    async run(store) {
      const db = await store.open(FILE);
      const error = assertFails('statement', () => db.prepare('SELECT nothing FROM nowhere'));
      assertTrue(
        error.message.includes('nowhere') && error.message.includes('SELECT nothing'),
        error.message,
      );
    },
  },
  {
    name: 'a value of the wrong type is refused by a STRICT table, locally and in a merge, and a savepoint leaves nothing of it',
    async run(store) {
      const db = await store.open(FILE);
      db.exec("CREATE TABLE s (id INTEGER PRIMARY KEY NOT NULL, n INTEGER) STRICT; SELECT crsql_as_crr('s')");
      assertFails('constraint', () => db.prepare('INSERT INTO s VALUES (1, ?)').run('text'));
      const merge = db.prepare(
        "INSERT INTO crsql_changes VALUES ('s', X'010901', 'n', ?, 1, 1, X'00112233445566778899AABBCCDDEEFF', 1, 0)",
      );
      db.transaction(() => assertFails('constraint', () => db.transaction(() => merge.run('text'))()))();
      assertEqual(db.prepare('SELECT * FROM s').all(), []);
      assertEqual(db.prepare('SELECT * FROM crsql_changes').all(), []);
      merge.run(5);
      assertEqual(db.prepare('SELECT * FROM s').all(), [{ id: 1, n: 5 }]);
    },
  },
  {
    name: 'a file can be open once: the second opener is told that it is busy, until the first has closed it',
    async run(store) {
      const first = await store.open(FILE);
      await assertRejected('busy', store.open(FILE));
      first.exec('CREATE TABLE t (n)');
      first.close();
      const second = await store.open(FILE);
      assertEqual(second.prepare('SELECT * FROM t').all(), []);
    },
  },
  {
    name: 'other files are not affected by the lock of one',
    async run(store) {
      const [first, second] = [await store.open(FILE), await store.open('other.sqlite3')];
      first.exec('CREATE TABLE only_here (n)');
      assertFails('statement', () => second.prepare('SELECT * FROM only_here'));
    },
  },
  {
    name: 'a file that is no database is corrupt, stays as it is, and is not left locked',
    async run(store) {
      const text = new TextEncoder().encode('isbn;title;price\n'.repeat(1000));
      await store.write(FILE, text);
      await assertRejected('corrupt', store.open(FILE));
      await assertRejected('corrupt', store.open(FILE));
    },
  },
  {
    name: 'a file in which the tables of cr-sqlite are damaged is corrupt too',
    async run(store) {
      const db = await store.open(FILE);
      db.exec("UPDATE crsql_site_id SET site_id = X'00'");
      db.close();
      const error = await assertRejected('corrupt', store.open(FILE));
      assertTrue(error.message.includes('cr-sqlite'), error.message);
    },
  },
  {
    name: 'a trap is noticed: the database is dead, says so at every call, and the file can be opened again',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(CRR);
      db.exec("INSERT INTO t VALUES (1, 'kept')");
      const [insert, open] = [
        db.prepare('INSERT INTO t VALUES (?, ?)'),
        db.prepare('SELECT id FROM t').iterate(),
      ];
      const trapped = assertFails('trapped', () =>
        db.transaction(() => {
          insert.run(2, 'half');
          db.exec(EMPTY_KEY_CHANGE);
        })(),
      );
      assertEqual(trapped.resultCode, -1);
      assertTrue(trapped.cause instanceof WebAssembly.RuntimeError, 'the trap itself is the cause');
      const calls: (() => unknown)[] = [
        () => insert.run(3, 'no'),
        () => open.next(),
        () => db.prepare('SELECT 1'),
        () => db.exec('SELECT 1'),
        () => db.transaction(() => 1)(),
        () => db.tablesRead('SELECT 1'),
        () => db.onCommit(() => undefined),
      ];
      for (const call of calls) {
        const error = assertFails('trapped', call);
        assertTrue(error.message.includes('open'), `it says what to do: ${error.message}`);
      }
      open.return?.();
      db.close();
      const again = await store.open(FILE);
      assertEqual(ids(again), [1]);
      assertEqual(again.prepare('PRAGMA integrity_check').all(), [{ integrity_check: 'ok' }]);
      again.exec("INSERT INTO t VALUES (2, 'after')");
      assertEqual(ids(again), [1, 2]);
    },
  },
  {
    name: 'a trap in the middle of a transaction larger than the cache leaves nothing of it',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(CRR);
      db.exec("INSERT INTO t VALUES (1, 'kept'); PRAGMA cache_size = 10");
      assertFails('trapped', () =>
        db.transaction(() => {
          const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
          for (let id = 2; id < 2000; id += 1) insert.run(id, 'x'.repeat(500));
          db.exec("UPDATE t SET v = 'changed' WHERE id = 1");
          db.prepare(EMPTY_KEY_CHANGE).run();
        })(),
      );
      const again = await store.open(FILE);
      assertEqual(again.prepare('SELECT * FROM t').all(), [{ id: 1, v: 'kept' }]);
      assertEqual(again.prepare('PRAGMA integrity_check').all(), [{ integrity_check: 'ok' }]);
    },
  },
  {
    name: 'a trapped database does not disturb another one in the same process',
    async run(store) {
      const [bad, good] = [await store.open(FILE), await store.open('other.sqlite3')];
      for (const db of [bad, good]) db.exec(CRR);
      assertFails('trapped', () => bad.exec(EMPTY_KEY_CHANGE));
      good.exec("INSERT INTO t VALUES (1, 'fine')");
      assertEqual(ids(good), [1]);
    },
  },
  {
    name: 'closing twice does nothing, and a closed database says so',
    async run(store) {
      const db = await store.open(FILE);
      const [query, open] = [db.prepare('SELECT 1 AS n'), db.prepare('SELECT 2 AS n').iterate()];
      db.close();
      db.close();
      for (const call of [
        () => query.get(),
        () => open.next(),
        () => db.exec('SELECT 1'),
        () => db.prepare('SELECT 1'),
      ]) {
        const error = assertFails('statement', call);
        assertTrue(error.message.includes('closed'), error.message);
      }
      assertEqual(open.return?.(), { done: true, value: undefined });
    },
  },
  {
    name: 'closing rolls back an open transaction',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(CRR);
      db.exec("INSERT INTO t VALUES (1, 'a'); BEGIN; INSERT INTO t VALUES (2, 'b')");
      db.close();
      assertEqual(ids(await store.open(FILE)), [1]);
    },
  },
  {
    name: 'a transaction that SQLite rolled back does not keep the database from closing',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(CRR);
      db.exec("INSERT INTO t VALUES (1, 'a')");
      assertFails('statement', () =>
        db.transaction(() => {
          assertFails('constraint', () => db.exec("INSERT OR ROLLBACK INTO t VALUES (1, 'again')"));
          db.close();
        })(),
      );
      assertEqual(ids(await store.open(FILE)), [1]);
    },
  },
  {
    name: 'closing inside a transaction function rolls it back and the function is told',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(CRR);
      assertFails('statement', () =>
        db.transaction(() => {
          db.exec("INSERT INTO t VALUES (1, 'a')");
          db.close();
        })(),
      );
      assertEqual(ids(await store.open(FILE)), []);
    },
  },
];
