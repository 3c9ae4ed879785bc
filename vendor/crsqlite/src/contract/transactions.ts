import type { Database } from '../database.ts';
import { assertEqual, assertFails, assertTrue } from './assertions.ts';
import type { ContractTest, TestStore } from './contract-test.ts';

async function openWithTable(store: TestStore): Promise<Database> {
  const db = await store.open('shop.sqlite3');
  db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT');
  return db;
}

function numbers(db: Database): number[] {
  return db
    .prepare<{ n: number }>('SELECT n FROM t ORDER BY n')
    .all()
    .map(({ n }) => n);
}

/** Transactions and savepoints. */
export const TRANSACTION_TESTS: readonly ContractTest[] = [
  {
    name: 'a transaction commits when its function returns, and hands arguments and result through',
    async run(store) {
      const db = await openWithTable(store);
      const insert = db.prepare('INSERT INTO t VALUES (?)');
      const add = db.transaction((a: number, b: number) => {
        assertTrue(db.inTransaction, 'the function runs in a transaction');
        insert.run(a);
        insert.run(b);
        return a + b;
      });
      assertEqual(add(1, 2), 3);
      assertEqual(db.inTransaction, false);
      assertEqual(numbers(db), [1, 2]);
    },
  },
  {
    name: 'a transaction is rolled back when its function throws, and the very error comes out',
    async run(store) {
      const db = await openWithTable(store);
      const reason = new Error('changed my mind');
      let thrown: unknown;
      try {
        db.transaction(() => {
          db.exec('INSERT INTO t VALUES (1)');
          throw reason;
        })();
      } catch (error) {
        thrown = error;
      }
      assertEqual(thrown === reason, true);
      assertEqual(db.inTransaction, false);
      assertEqual(numbers(db), []);
    },
  },
  {
    name: 'inside a transaction another one is a savepoint: it is undone alone',
    async run(store) {
      const db = await openWithTable(store);
      const insert = db.transaction((n: number, fail: boolean) => {
        db.prepare('INSERT INTO t VALUES (?)').run(n);
        if (fail) db.prepare('INSERT INTO t VALUES (?)').run(n);
      });
      db.transaction(() => {
        insert(1, false);
        assertFails('constraint', () => insert(2, true));
        db.transaction(() => {
          insert(3, false);
          assertFails('constraint', () => insert(4, true));
        })();
        insert(5, false);
      })();
      assertEqual(numbers(db), [1, 3, 5]);
    },
  },
  {
    name: 'inside a transaction begun by hand, a transaction function is a savepoint too',
    async run(store) {
      const db = await openWithTable(store);
      db.exec('BEGIN');
      db.transaction(() => db.exec('INSERT INTO t VALUES (1)'))();
      assertTrue(db.inTransaction, 'the outer transaction is still open');
      db.exec('ROLLBACK');
      assertEqual(numbers(db), []);
    },
  },
  {
    name: 'a function that returns a promise is refused and nothing of it is kept',
    async run(store) {
      const db = await openWithTable(store);
      const wait: unknown = Promise.resolve();
      assertFails('statement', () =>
        db.transaction(() => {
          db.exec('INSERT INTO t VALUES (1)');
          return wait;
        })(),
      );
      assertEqual(db.inTransaction, false);
      assertEqual(numbers(db), []);
    },
  },
  {
    name: 'when SQLite itself rolls back, the rest of the transaction is refused although its function goes on',
    async run(store) {
      const db = await openWithTable(store);
      db.exec('INSERT INTO t VALUES (1)');
      const error = assertFails('constraint', () =>
        db.transaction(() => {
          db.exec('INSERT INTO t VALUES (2)');
          assertFails('constraint', () => db.exec('INSERT OR ROLLBACK INTO t VALUES (1)'));
          assertFails('constraint', () => db.exec('INSERT INTO t VALUES (3)'));
        })(),
      );
      assertTrue(error.message.includes('rolled back'), error.message);
      assertEqual(numbers(db), [1]);
      db.transaction(() => db.exec('INSERT INTO t VALUES (4)'))();
      assertEqual(numbers(db), [1, 4]);
    },
  },
  {
    name: 'the same, when it happens in a savepoint whose error is caught',
    async run(store) {
      const db = await openWithTable(store);
      db.exec('INSERT INTO t VALUES (1)');
      assertFails('constraint', () =>
        db.transaction(() => {
          assertFails('constraint', () =>
            db.transaction(() => db.exec('INSERT OR ROLLBACK INTO t VALUES (1)'))(),
          );
          db.exec('INSERT INTO t VALUES (2)');
        })(),
      );
      assertEqual(numbers(db), [1]);
      assertEqual(db.inTransaction, false);
    },
  },
  {
    name: 'a transaction function that ends its own transaction is told so',
    async run(store) {
      const db = await openWithTable(store);
      assertFails('statement', () =>
        db.transaction(() => {
          db.exec('INSERT INTO t VALUES (1); COMMIT');
          db.exec('INSERT INTO t VALUES (2)');
        })(),
      );
      assertEqual(numbers(db), [1]);
    },
  },
  {
    name: 'a statement that fails is undone alone, and the transaction goes on',
    async run(store) {
      const db = await openWithTable(store);
      db.transaction(() => {
        db.exec('INSERT INTO t VALUES (1)');
        assertFails('constraint', () => db.exec('INSERT INTO t VALUES (2), (1)'));
        db.exec('INSERT INTO t VALUES (3)');
      })();
      assertEqual(numbers(db), [1, 3]);
    },
  },
  {
    name: 'rows may be read one at a time while the same transaction writes and commits',
    async run(store) {
      const db = await openWithTable(store);
      db.exec('INSERT INTO t VALUES (1), (2), (3)');
      const seen: number[] = [];
      for (const { n } of db.prepare<{ n: number }>('SELECT n FROM t WHERE n < 10 ORDER BY n').iterate()) {
        seen.push(n);
        db.transaction(() => db.prepare('INSERT INTO t VALUES (?)').run(n + 10))();
      }
      assertEqual(seen, [1, 2, 3]);
      assertEqual(numbers(db), [1, 2, 3, 11, 12, 13]);
    },
  },
];
