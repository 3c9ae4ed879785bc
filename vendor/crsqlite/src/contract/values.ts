import type { SqlValue } from '../database.ts';
import { assertEqual, assertFails } from './assertions.ts';
import type { ContractTest } from './contract-test.ts';

const FILE = 'shop.sqlite3';

const SAFE = Number.MAX_SAFE_INTEGER;
const TEXTS = [
  '',
  'a',
  'twenty-four ASCII bytes.',
  'twenty-five ASCII bytes..',
  'é',
  'a\0b',
  '\0',
  '\uFEFFmark',
  '書店 😀',
  'é'.repeat(5000),
];

/** Bytes in a pattern that shows when they are shifted. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}

/** Values on their way in and out. */
export const VALUE_TESTS: readonly ContractTest[] = [
  {
    name: '[V-3] integers come as numbers while they are safe and as bigints beyond 2^53',
    async run(store) {
      const db = await store.open(FILE);
      const echo = db.prepare<{ v: SqlValue; t: string }>('SELECT ?1 AS v, typeof(?1) AS t');
      const pairs: [SqlValue, SqlValue][] = [
        [0, 0],
        [-1, -1],
        [2 ** 31, 2 ** 31],
        [-(2 ** 31) - 1, -(2 ** 31) - 1],
        [2 ** 32, 2 ** 32],
        [-(2 ** 32), -(2 ** 32)],
        [SAFE, SAFE],
        [-SAFE, -SAFE],
        [5n, 5],
        [-5n, -5],
        [BigInt(SAFE) + 1n, BigInt(SAFE) + 1n],
        [-BigInt(SAFE) - 1n, -BigInt(SAFE) - 1n],
        [2n ** 53n + 1n, 2n ** 53n + 1n],
        [2n ** 63n - 1n, 2n ** 63n - 1n],
        [-(2n ** 63n), -(2n ** 63n)],
      ];
      for (const [given, expected] of pairs) {
        assertEqual(echo.get(given), { v: expected, t: 'integer' }, `${typeof given} ${String(given)}`);
      }
    },
  },
  {
    name: '[V-3] other numbers are REAL, and -0 is written as 0',
    async run(store) {
      const db = await store.open(FILE);
      const echo = db.prepare('SELECT ?1 AS v, typeof(?1) AS t');
      for (const value of [
        0.1,
        -1.5,
        5e-324,
        1.7976931348623157e308,
        Infinity,
        -Infinity,
        2 ** 53,
        2 ** 63,
      ]) {
        assertEqual(echo.get(value), { v: value, t: 'real' }, String(value));
      }
      assertEqual(echo.get(-0), { v: 0, t: 'integer' });
      const exact = db.prepare('SELECT ?1, typeof(?1), quote(?1)').exact();
      assertEqual(exact.get(-0), [0, 'real', '0.0']);
    },
  },
  {
    name: '[V-3] in exact mode a bigint is INTEGER, a number is REAL, and each is read as what it is',
    async run(store) {
      const db = await store.open(FILE);
      db.exec('CREATE TABLE t (v ANY) STRICT');
      const insert = db
        .prepare('INSERT INTO t VALUES (?) RETURNING v, typeof(v)')
        .exact<[SqlValue, string]>();
      const pairs: [SqlValue, string][] = [
        [1n, 'integer'],
        [1, 'real'],
        [2n ** 53n, 'integer'],
        [2 ** 53, 'real'],
        [-(2n ** 63n), 'integer'],
        [2n ** 63n - 1n, 'integer'],
        [-1n, 'integer'],
        [0, 'real'],
      ];
      for (const [value, type] of pairs) assertEqual(insert.get(value), [value, type]);
      assertEqual(
        db.prepare('SELECT v FROM t').exact().all(),
        pairs.map(([value]) => [value]),
      );
    },
  },
  {
    name: '[V-3] text comes back as it was, with NULs and marks, and is TEXT also when empty',
    async run(store) {
      const db = await store.open(FILE);
      const echo = db.prepare('SELECT ?1 AS v, typeof(?1) AS t, length(CAST(?1 AS BLOB)) AS bytes');
      for (const text of TEXTS) {
        const bytes = new TextEncoder().encode(text).byteLength;
        assertEqual(echo.get(text), { v: text, t: 'text', bytes });
      }
    },
  },
  {
    name: '[V-3] a blob comes back as it was, and an empty one is not NULL',
    async run(store) {
      const db = await store.open(FILE);
      const echo = db.prepare('SELECT ?1 AS v, typeof(?1) AS t');
      for (const length of [0, 1, 255, 256, 5000, 100_000]) {
        assertEqual(echo.get(pattern(length)), { v: pattern(length), t: 'blob' });
      }
      assertEqual(echo.get(pattern(100).subarray(10, 20)), { v: pattern(100).slice(10, 20), t: 'blob' });
      assertEqual(echo.get(null), { v: null, t: 'null' });
    },
  },
  {
    name: '[V-3] a returned blob is its own, whatever runs afterwards',
    async run(store) {
      const db = await store.open(FILE);
      const echo = db.prepare<{ v: Uint8Array }>('SELECT ? AS v');
      const first = echo.get(pattern(300))?.v;
      echo.get(new Uint8Array(300));
      assertEqual(first, pattern(300));
    },
  },
  {
    name: 'many parameters of mixed kinds do not disturb each other',
    async run(store) {
      const db = await store.open(FILE);
      const values: SqlValue[] = [
        'é',
        pattern(0),
        '',
        pattern(3),
        null,
        'plain',
        2n ** 60n,
        pattern(2000),
        1.5,
        'é'.repeat(3000),
      ];
      const echo = db.prepare(`SELECT ${values.map(() => '?').join(', ')}`).exact();
      assertEqual(echo.get(...values), values);
      assertEqual(echo.get(...values.toReversed()), values.toReversed());
    },
  },
  {
    name: 'a value that SQLite has no storage class for is refused, and the statement stays usable',
    async run(store) {
      const db = await store.open(FILE);
      const echo = db.prepare('SELECT ? AS v');
      assertFails('constraint', () => echo.get(NaN));
      assertFails('constraint', () => echo.get(2n ** 63n));
      assertFails('constraint', () => echo.get(-(2n ** 63n) - 1n));
      assertFails('constraint', () => echo.exact().get(NaN));
      assertEqual(echo.get(1), { v: 1 });
    },
  },
  {
    name: 'a blob of 20 MB is written, grows the memory, and is read back',
    async run(store) {
      const db = await store.open(FILE);
      db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB)');
      const big = pattern(20_000_000);
      const small = db.prepare<{ n: number }>('SELECT value AS n FROM json_each(?)').iterate('[1,2]');
      assertEqual(small.next().value, { n: 1 });
      db.prepare('INSERT INTO t VALUES (1, ?)').run(big);
      assertEqual(small.next().value, { n: 2 });
      const read = db.prepare<{ b: Uint8Array }>('SELECT b FROM t').get()?.b;
      assertEqual(read?.byteLength, big.byteLength);
      assertEqual(
        read?.every((byte, i) => byte === big[i]),
        true,
      );
      assertEqual(db.prepare('SELECT ? AS v').get('small again'), { v: 'small again' });
    },
  },
];
