import { assertEqual, assertTrue } from './assertions.ts';
import type { ContractTest } from './contract-test.ts';

const FILE = 'shop.sqlite3';
const CRR = "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, v TEXT) STRICT; SELECT crsql_as_crr('t')";
const SOUND = [{ integrity_check: 'ok' }];

/** What is in a file after it has been closed, killed or copied. */
export const DURABILITY_TESTS: readonly ContractTest[] = [
  {
    name: 'what was committed is there after closing and opening, with the same site id and version',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(CRR);
      db.exec("INSERT INTO t VALUES (1, 'a')");
      const identity = 'SELECT hex(crsql_site_id()) AS site, crsql_db_version() AS version';
      const before = db.prepare(identity).get();
      db.close();
      const again = await store.open(FILE);
      assertEqual(again.prepare('SELECT * FROM t').all(), [{ id: 1, v: 'a' }]);
      assertEqual(again.prepare(identity).get(), before);
    },
  },
  {
    name: 'a new file is a new site id',
    async run(store) {
      const sites = new Set<unknown>();
      for (const file of ['a.sqlite3', 'b.sqlite3']) {
        const db = await store.open(file);
        sites.add(db.prepare('SELECT hex(crsql_site_id()) AS site').get()?.['site']);
      }
      assertEqual(sites.size, 2);
    },
  },
  {
    name: 'after a kill in the middle of a transaction, the committed is there and the half is not',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(CRR);
      db.exec("INSERT INTO t VALUES (1, 'committed'); PRAGMA cache_size = 10; BEGIN");
      const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
      // More than the cache holds, so that some of it is in the file already.
      for (let id = 2; id < 2000; id += 1) insert.run(id, 'half'.repeat(100));
      db.exec("UPDATE t SET v = 'half' WHERE id = 1");
      store.kill(db);
      const again = await store.open(FILE);
      assertEqual(again.prepare('SELECT * FROM t').all(), [{ id: 1, v: 'committed' }]);
      assertEqual(again.prepare('SELECT count(*) AS n FROM crsql_changes').get(), { n: 1 });
      assertEqual(again.prepare('PRAGMA integrity_check').all(), SOUND);
    },
  },
  {
    name: 'after a kill right after a commit, the commit is there',
    async run(store) {
      let db = await store.open(FILE);
      db.exec(CRR);
      for (let id = 1; id <= 5; id += 1) {
        db.prepare('INSERT INTO t VALUES (?, ?)').run(id, 'v');
        store.kill(db);
        db = await store.open(FILE);
        assertEqual(db.prepare('SELECT count(*) AS n FROM t').get(), { n: id });
      }
    },
  },
  {
    name: 'VACUUM INTO writes a sound copy that opens as a database of its own',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(CRR);
      const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
      db.transaction(() => {
        for (let id = 1; id <= 3000; id += 1) insert.run(id, `value ${id}`.repeat(10));
      })();
      await store.copy(
        db,
        'copy-whose-name-is-longer-than-the-sixty-four-bytes-that-the-package-allows-by-default.sqlite3',
      );
      db.exec('DELETE FROM t WHERE id > 1');
      const copy = await store.open(
        'copy-whose-name-is-longer-than-the-sixty-four-bytes-that-the-package-allows-by-default.sqlite3',
      );
      assertEqual(copy.prepare('SELECT count(*) AS n, max(id) AS last FROM t').get(), {
        n: 3000,
        last: 3000,
      });
      assertEqual(copy.prepare('PRAGMA integrity_check').all(), SOUND);
      copy.exec("INSERT INTO t VALUES (3001, 'own')");
      assertEqual(db.prepare('SELECT count(*) AS n FROM t').get(), { n: 1 });
    },
  },
  {
    name: 'the settings that durability and speed rest on are in force',
    async run(store) {
      const db = await store.open(FILE);
      const settings = [
        'journal_mode',
        'synchronous',
        'temp_store',
        'locking_mode',
        'foreign_keys',
        'trusted_schema',
        'page_size',
      ];
      const values = settings.map((name) => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
      assertEqual(values, ['truncate', 2, 2, 'exclusive', 0, 0, 4096]);
    },
  },
  {
    name: 'full-text search kept by triggers follows local writes and merges',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(CRR);
      db.exec(
        "CREATE VIRTUAL TABLE found USING fts5(v, content='t', content_rowid='id'); " +
          'CREATE TRIGGER found_in AFTER INSERT ON t BEGIN INSERT INTO found (rowid, v) VALUES (new.id, new.v); END; ' +
          "CREATE TRIGGER found_out AFTER UPDATE ON t BEGIN INSERT INTO found (found, rowid, v) VALUES ('delete', old.id, old.v); " +
          'INSERT INTO found (rowid, v) VALUES (new.id, new.v); END',
      );
      db.exec("INSERT INTO t VALUES (1, 'The local book')");
      db.exec(
        "INSERT INTO crsql_changes VALUES ('t', X'010902', 'v', 'A merged book', 1, 1, X'00112233445566778899AABBCCDDEEFF', 1, 0)",
      );
      const search = db.prepare<{ rowid: number }>(
        'SELECT rowid FROM found WHERE found MATCH ? ORDER BY rowid',
      );
      assertEqual(search.all('book'), [{ rowid: 1 }, { rowid: 2 }]);
      assertEqual(search.all('merged'), [{ rowid: 2 }]);
    },
  },
  {
    name: 'hundreds of commits of one row each leave a sound file',
    async run(store) {
      const db = await store.open(FILE);
      db.exec(CRR);
      const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
      for (let id = 1; id <= 300; id += 1) insert.run(id, 'v');
      db.close();
      const again = await store.open(FILE);
      assertEqual(again.prepare('PRAGMA integrity_check').all(), SOUND);
      assertTrue(again.prepare('SELECT id FROM t').all().length === 300, 'all rows are there');
    },
  },
];
