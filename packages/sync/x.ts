import { openMemory } from '@octavo/crsqlite/memory.ts';
import { migrate } from '@octavo/shop/schema.ts';
const db = await openMemory();
migrate(db);
console.log(
  db.prepare("select name, sql from sqlite_master where tbl_name like 'book\\_\\_%' escape '\\'").all(),
);
db.transaction(() => {
  const ins = db.prepare(
    'INSERT INTO book (isbn,title,authors,publisher,year,price,category) VALUES (?,?,?,?,?,?,?)',
  );
  for (let i = 0; i < 20000; i++) ins.run(String(9780000000000 + i), 't' + i, 'a', 'p', 2000, 100, 'c');
})();
const sel = 'SELECT "table", pk, cid, val, col_version, db_version, site_id, cl, seq FROM crsql_changes';
function page(where: string, params: any[], n = 1500) {
  const t = performance.now();
  let c = 0;
  let last: any;
  for (const row of db
    .prepare(`${sel} WHERE ${where} ORDER BY db_version, seq`)
    .exact<any>()
    .iterate(...params)) {
    c++;
    last = row;
    if (c >= n) break;
  }
  return [c, (performance.now() - t).toFixed(1), last?.[8]];
}
const v = 1n;
console.log(page('db_version = ? AND seq >= ?', [v, 100000n]));
console.log(page('db_version = ? AND seq >= ?', [v, 0n]));
console.log(page('db_version = ? AND seq >= ? AND seq < ?', [v, 100000n, 101500n]));
console.log(
  page('db_version = ? AND seq >= ? AND (site_id = crsql_site_id() OR col_version = 0)', [v, 100000n]),
);
db.exec(
  'DROP INDEX book__crsql_clock_dbv_idx; CREATE INDEX book__crsql_clock_dbv_idx ON book__crsql_clock (db_version, seq)',
);
console.log('with index');
console.log(page('db_version = ? AND seq >= ?', [v, 100000n]));
console.log(page('db_version = ? AND seq >= ? AND seq < ?', [v, 100000n, 101500n]));
console.log(
  page('db_version = ? AND seq >= ? AND (site_id = crsql_site_id() OR col_version = 0)', [v, 100000n]),
);
console.log(page('db_version > ? AND db_version <= ?', [0n, 5n]));
