import type { Database } from '../database.ts';
import { assertEqual, assertFails } from './assertions.ts';
import type { ContractTest, TestStore } from './contract-test.ts';

const SCHEMA =
  'CREATE TABLE book (id INTEGER PRIMARY KEY, title); CREATE TABLE Note (id INTEGER PRIMARY KEY, book); ' +
  'CREATE TABLE pair (a PRIMARY KEY, b) WITHOUT ROWID';

async function openListening(store: TestStore): Promise<{ db: Database; commits: string[][] }> {
  const db = await store.open('shop.sqlite3');
  db.exec(SCHEMA);
  const commits: string[][] = [];
  db.onCommit((tables) => commits.push([...tables]));
  return { db, commits };
}

/** What listeners to commits are told. */
export const NOTIFICATION_TESTS: readonly ContractTest[] = [
  {
    name: 'a listener is told once per commit, of every table changed, in the order first touched, in lower case',
    async run(store) {
      const { db, commits } = await openListening(store);
      db.prepare('INSERT INTO book VALUES (1, ?)').run('a');
      db.transaction(() => {
        db.exec('INSERT INTO Note VALUES (1, 1); UPDATE book SET title = 1; INSERT INTO note VALUES (2, 1)');
        assertEqual(commits.length, 1, 'commits told of inside the transaction');
      })();
      db.exec('DELETE FROM book WHERE id = 1');
      assertEqual(commits, [['book'], ['note', 'book'], ['book']]);
    },
  },
  {
    name: 'a transaction that is rolled back is never told of, not even with the next commit',
    async run(store) {
      const { db, commits } = await openListening(store);
      db.exec('BEGIN; INSERT INTO book VALUES (1, 1); ROLLBACK');
      db.exec('BEGIN; INSERT INTO book VALUES (1, 1); /* no commit */ END; DELETE FROM note');
      commits.length = 0;
      try {
        db.transaction(() => {
          db.exec('INSERT INTO note VALUES (1, 1)');
          throw new Error('no');
        })();
      } catch {
        db.exec('UPDATE book SET title = 2');
      }
      assertEqual(commits, [['book']]);
    },
  },
  {
    name: 'a statement that fails is not told of, nor what a failed savepoint touched',
    async run(store) {
      const { db, commits } = await openListening(store);
      db.exec('INSERT INTO book VALUES (1, 1)');
      commits.length = 0;
      assertFails('constraint', () => db.exec('INSERT INTO book VALUES (2, 2), (1, 1)'));
      assertEqual(commits, []);
      db.transaction(() => {
        db.exec('INSERT INTO note VALUES (1, 1)');
        assertFails('constraint', () =>
          db.transaction(() => db.exec('INSERT INTO book VALUES (2, 2); INSERT INTO book VALUES (1, 1)'))(),
        );
      })();
      assertEqual(commits, [['note']]);
    },
  },
  {
    name: 'what a failing statement keeps (OR FAIL) is told of',
    async run(store) {
      const { db, commits } = await openListening(store);
      db.exec('INSERT INTO book VALUES (2, 2)');
      commits.length = 0;
      assertFails('constraint', () => db.exec('INSERT OR FAIL INTO book VALUES (1, 1), (2, 2)'));
      assertEqual(db.prepare('SELECT count(*) AS n FROM book').get(), { n: 2 });
      assertEqual(commits, [['book']]);
    },
  },
  {
    name: 'when SQLite itself rolls back the transaction, it is not told of',
    async run(store) {
      const { db, commits } = await openListening(store);
      db.exec('INSERT INTO book VALUES (1, 1)');
      commits.length = 0;
      db.exec('BEGIN; INSERT INTO note VALUES (1, 1)');
      assertFails('constraint', () => db.exec('INSERT OR ROLLBACK INTO book VALUES (1, 1)'));
      db.exec('UPDATE book SET title = 3');
      assertEqual(commits, [['book']]);
    },
  },
  {
    name: 'tables without a rowid, tables emptied at one stroke, and what triggers write are told of',
    async run(store) {
      const { db, commits } = await openListening(store);
      db.exec('CREATE TRIGGER r AFTER INSERT ON book BEGIN INSERT INTO pair VALUES (new.id, 1); END');
      db.exec('INSERT INTO pair VALUES (10, 1)');
      db.exec('INSERT INTO book VALUES (1, 1)');
      db.exec('UPDATE pair SET b = 2 WHERE a = 10');
      db.exec('DELETE FROM book');
      db.exec('DELETE FROM pair');
      assertEqual(commits, [['pair'], ['book', 'pair'], ['pair'], ['book'], ['pair']]);
    },
  },
  {
    name: 'reading, writing nothing, and changing the schema are not told of',
    async run(store) {
      const { db, commits } = await openListening(store);
      db.prepare('SELECT * FROM book').all();
      db.prepare('UPDATE pair SET b = 1').run();
      db.prepare('DELETE FROM book').run();
      db.exec('BEGIN; COMMIT; CREATE TABLE extra (n)');
      assertEqual(commits, []);
    },
  },
  {
    name: 'a merge through crsql_changes is told of like a local write',
    async run(store) {
      const { db, commits } = await openListening(store);
      db.exec("CREATE TABLE crr (id INTEGER PRIMARY KEY NOT NULL, v); SELECT crsql_as_crr('crr')");
      commits.length = 0;
      db.prepare(
        "INSERT INTO crsql_changes VALUES ('crr', X'010901', 'v', 'x', 1, 1, X'00112233445566778899AABBCCDDEEFF', 1, 0)",
      ).run();
      assertEqual(db.prepare('SELECT * FROM crr').all(), [{ id: 1, v: 'x' }]);
      assertEqual(
        commits.map((tables) => tables.includes('crr')),
        [true],
      );
    },
  },
  {
    name: 'a table is told of by its new name after the schema has changed',
    async run(store) {
      const { db, commits } = await openListening(store);
      for (const name of ['one', 'two', 'six']) {
        db.exec(`CREATE TABLE ${name} (n); INSERT INTO ${name} VALUES (1); DROP TABLE ${name}`);
      }
      db.exec('ALTER TABLE note RENAME TO memo; INSERT INTO memo VALUES (1, 1)');
      assertEqual(commits, [['one'], ['two'], ['six'], ['memo']]);
    },
  },
  {
    name: 'a listener may query and write; what it writes is told of next',
    async run(store) {
      const { db, commits } = await openListening(store);
      db.onCommit((tables) => {
        if (!tables.has('book')) return;
        assertEqual(db.inTransaction, false);
        const count = db.prepare<{ n: number }>('SELECT count(*) AS n FROM book').get()?.n ?? 0;
        db.transaction(() => db.prepare('INSERT INTO note VALUES (?, 1)').run(count))();
      });
      db.transaction(() => db.exec('INSERT INTO book VALUES (1, 1)'))();
      assertEqual(commits, [['book'], ['note']]);
      assertEqual(db.prepare('SELECT id FROM note').all(), [{ id: 1 }]);
    },
  },
  {
    name: 'a listener that has been ended is not told any more',
    async run(store) {
      const { db, commits } = await openListening(store);
      let calls = 0;
      const listener = (): void => void (calls += 1);
      const endFirst = db.onCommit(listener);
      const endSecond = db.onCommit(listener);
      db.exec('INSERT INTO book VALUES (1, 1)');
      endFirst();
      endFirst();
      db.exec('INSERT INTO book VALUES (2, 1)');
      endSecond();
      db.exec('INSERT INTO book VALUES (3, 1)');
      assertEqual([calls, commits.length], [3, 3]);
    },
  },
  {
    name: 'rows written while they are being returned are told of when the statement ends, not before',
    async run(store) {
      const { db, commits } = await openListening(store);
      for (const row of db.prepare('INSERT INTO book VALUES (1, 1), (2, 2) RETURNING id').iterate()) {
        assertEqual([row, commits], [{ id: 1 }, []]);
        db.prepare('SELECT 1').get();
        assertEqual(commits, []);
        break;
      }
      assertEqual(commits, [['book']]);
    },
  },
];
