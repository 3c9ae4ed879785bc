import { assertEqual, assertFails, assertTrue } from './assertions.ts';
import type { ContractTest } from './contract-test.ts';

const FILE = 'shop.sqlite3';

/** Preparing, running and reading. */
export const STATEMENT_TESTS: readonly ContractTest[] = [
  {
    name: 'run tells how many rows the statement itself changed, and 0 for one that changes none',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(
        'CREATE TABLE t (n); CREATE TABLE log (n); CREATE TRIGGER r AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (1), (2); END',
      );
      assertEqual(db.prepare('INSERT INTO t VALUES (1), (2), (3)').run().changes, 3);
      assertEqual(db.prepare('UPDATE t SET n = n + 1 WHERE n > ?').run(1).changes, 2);
      assertEqual(db.prepare('SELECT 1').run().changes, 0);
      assertEqual(db.prepare('CREATE TABLE u (n)').run().changes, 0);
      assertEqual(db.prepare('DROP TABLE u').run().changes, 0);
      assertEqual(db.prepare('DELETE FROM t').run().changes, 3);
    },
  },
  {
    name: 'get returns the first row or undefined, all returns every row in order',
    async run(store) {
      const db = await store.open(FILE);
      const query = db.prepare('SELECT value AS n FROM json_each(?) ORDER BY 1');
      assertEqual(query.get('[]'), undefined);
      assertEqual(query.get('[3,1,2]'), { n: 1 });
      assertEqual(query.all('[3,1,2]'), [{ n: 1 }, { n: 2 }, { n: 3 }]);
      assertEqual(query.all('[]'), []);
    },
  },
  {
    name: 'iterate yields the rows one at a time and frees the statement at the end',
    async run(store) {
      const db = await store.open(FILE);
      const query = db.prepare<{ value: number }>('SELECT value FROM json_each(?)');
      assertEqual([...query.iterate('[1,2,3]')], [{ value: 1 }, { value: 2 }, { value: 3 }]);
      assertEqual(query.all('[4]'), [{ value: 4 }]);
      const ended = query.iterate('[]');
      assertEqual(ended.next(), { done: true, value: undefined });
      assertEqual(ended.next(), { done: true, value: undefined });
    },
  },
  {
    name: 'leaving a loop over iterate early frees the statement',
    async run(store) {
      const db = await store.open(FILE);
      const query = db.prepare<{ value: string }>('SELECT value FROM json_each(?)');
      for (const { value } of query.iterate('["first","second"]')) {
        assertEqual(value, 'first');
        break;
      }
      assertEqual(query.all('[]'), []);
    },
  },
  {
    name: 'while a statement is iterated it refuses to run, and prepare hands out another one of the same text',
    async run(store) {
      const db = await store.open(FILE);
      const sql = 'SELECT value FROM json_each(?)';
      const query = db.prepare<{ value: string }>(sql);
      const seen: string[] = [];
      for (const { value } of query.iterate('["outer","next"]')) {
        assertFails('statement', () => query.all('[]'));
        assertFails('statement', () => query.exact().all('[]'));
        for (const inner of db.prepare<{ value: string }>(sql).iterate('["inner"]'))
          seen.push(value, inner.value);
      }
      assertEqual(seen, ['outer', 'inner', 'next', 'inner']);
    },
  },
  {
    name: 'parameters of an open iterator stay what they were while other statements run',
    async run(store) {
      const db = await store.open(FILE);
      const words = db.prepare<{ word: string }>(
        'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT ?1 || i AS word FROM n',
      );
      const seen: string[] = [];
      for (const { word } of words.iterate('a word of some length ')) {
        db.prepare('SELECT ?').get(
          'another text, which must not overwrite the first one, however long it may be',
        );
        seen.push(word);
      }
      assertEqual(
        seen,
        [1, 2, 3, 4].map((i) => `a word of some length ${i}`),
      );
    },
  },
  {
    name: 'columns names the columns of the result, and nothing for a statement without one',
    async run(store) {
      const db = await store.open(FILE);
      db.exec('CREATE TABLE t (a, b)');
      assertEqual(db.prepare('SELECT a, b AS "ein Wort", 1 + 1 AS ünïcode FROM t').columns(), [
        'a',
        'ein Wort',
        'ünïcode',
      ]);
      assertEqual(db.prepare('INSERT INTO t VALUES (1, 2)').columns(), []);
    },
  },
  {
    name: 'a prepared statement follows changes of the schema',
    async run(store) {
      const db = await store.open(FILE);
      db.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
      const query = db.prepare('SELECT * FROM t');
      assertEqual(query.get(), { a: 1 });
      db.exec('ALTER TABLE t ADD COLUMN b DEFAULT 2');
      assertEqual(query.get(), { a: 1, b: 2 });
      db.exec('ALTER TABLE t RENAME COLUMN b TO c');
      assertEqual(query.all(), [{ a: 1, c: 2 }]);
    },
  },
  {
    name: 'more statements than are kept compiled stay usable, in any order',
    async run(store) {
      const db = await store.open(FILE);
      const statements = Array.from({ length: 600 }, (_, i) => db.prepare(`SELECT ${i} AS n, ? AS p`));
      const open = statements[0]?.iterate('open');
      for (const round of [0, 1]) {
        statements.forEach((statement, i) => {
          if (i > 0) assertEqual(statement.get(round), { n: i, p: round });
        });
      }
      assertEqual(open?.next().value, { n: 0, p: 'open' });
    },
  },
  {
    name: 'exec runs several statements, also with comments and nothing in between',
    async run(store) {
      const db = await store.open(FILE);
      db.exec("-- first\nCREATE TABLE t (s);; INSERT INTO t VALUES ('a;b'); /* done */ ");
      db.exec('');
      assertEqual(db.prepare('SELECT s FROM t').all(), [{ s: 'a;b' }]);
    },
  },
  {
    name: 'exec stops at the statement that fails and keeps what came before',
    async run(store) {
      const db = await store.open(FILE);
      assertFails('statement', () => db.exec('CREATE TABLE a (n); CREATE TABEL b (n); CREATE TABLE c (n)'));
      assertEqual(db.prepare("SELECT name FROM sqlite_schema WHERE name IN ('a', 'c')").all(), [
        { name: 'a' },
      ]);
    },
  },
  {
    name: 'prepare refuses what is not exactly one statement',
    async run(store) {
      const db = await store.open(FILE);
      assertFails('statement', () => db.prepare(''));
      assertFails('statement', () => db.prepare('-- nothing'));
      assertFails('statement', () => db.prepare('SELECT 1; SELECT 2'));
      assertEqual(db.prepare('SELECT 1 AS one; -- and no more').get(), { one: 1 });
    },
  },
  {
    name: 'a statement takes exactly as many parameters as it has',
    async run(store) {
      const db = await store.open(FILE);
      const query = db.prepare('SELECT ?2 AS second, ?1 AS first');
      assertEqual(query.get('a', 'b'), { second: 'b', first: 'a' });
      assertFails('statement', () => query.get('a'));
      assertFails('statement', () => query.iterate('a', 'b', 'c'));
      assertFails('statement', () => db.prepare('SELECT 1').all(1));
      assertEqual(query.get('still', 'usable'), { second: 'usable', first: 'still' });
    },
  },
  {
    name: 'a statement that returns rows and writes does its work also when only its first row is read',
    async run(store) {
      const db = await store.open(FILE);
      db.exec('CREATE TABLE t (n)');
      const insert = db.prepare('INSERT INTO t SELECT value FROM json_each(?) RETURNING n');
      assertEqual(insert.get('[1,2]'), { n: 1 });
      for (const row of insert.iterate('[3,4]')) {
        assertEqual(row, { n: 3 });
        break;
      }
      assertEqual(insert.run('[5]').changes, 1);
      assertEqual(db.prepare('SELECT group_concat(n) AS all_of_them FROM t').get(), {
        all_of_them: '1,2,3,4,5',
      });
    },
  },
  {
    name: 'tablesRead names the tables behind a query, also through views and indexes, in lower case',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(
        'CREATE TABLE Book (id INTEGER PRIMARY KEY, title); CREATE INDEX by_title ON Book (title); CREATE TABLE note (book); ' +
          'CREATE TABLE pair (a PRIMARY KEY, b) WITHOUT ROWID; CREATE VIEW shelf AS SELECT title FROM book',
      );
      assertEqual(db.tablesRead('SELECT title FROM shelf WHERE title > ?'), new Set(['book']));
      assertEqual(
        db.tablesRead('SELECT 1 FROM note WHERE book IN (SELECT id FROM Book)'),
        new Set(['note', 'book']),
      );
      assertEqual(db.tablesRead('SELECT b FROM pair WHERE a = ?1 AND b > ?2'), new Set(['pair']));
      assertEqual(db.tablesRead('SELECT count(*) FROM sqlite_schema'), new Set(['sqlite_schema']));
      assertEqual(db.tablesRead('SELECT 1'), new Set());
    },
  },
  {
    name: 'tablesRead says nothing about a query of a virtual table or of a temporary one',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(
        'CREATE TABLE book (title); CREATE VIRTUAL TABLE found USING fts5(title); CREATE TEMP TABLE passing (n)',
      );
      assertEqual(db.tablesRead("SELECT * FROM book, found WHERE found MATCH 'x'"), undefined);
      assertEqual(db.tablesRead('SELECT * FROM crsql_changes'), undefined);
      assertEqual(db.tablesRead('SELECT * FROM passing'), undefined);
    },
  },
  {
    name: 'the database knows the name it was opened with',
    async run(store) {
      const db = await store.open(FILE);
      assertTrue(db.name.endsWith(FILE), `the name is ${db.name}`);
    },
  },
];
