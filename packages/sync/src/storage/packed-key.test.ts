import { openMemory } from '@octavo/crsqlite/memory.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unpackKey } from './packed-key.ts';

test('reads what this build of cr-sqlite packs, for every kind of key', async () => {
  const database = await openMemory();
  database.exec(
    `CREATE TABLE thing (i INTEGER NOT NULL, r REAL NOT NULL, t TEXT NOT NULL, b BLOB NOT NULL, v TEXT, PRIMARY KEY (i, r, t, b)) STRICT`,
  );
  database.exec(`SELECT crsql_as_crr('thing')`);
  const insert = database.prepare('INSERT INTO thing (i, r, t, b, v) VALUES (?, ?, ?, ?, ?)').exact();
  const keys = [
    [0n, 0.5, '', new Uint8Array()],
    [1n, -1.5, 'é', Uint8Array.of(0)],
    [-1n, 1e300, 'a'.repeat(300), new Uint8Array(70_000)],
    [255n, 0.25, 'x\0y', Uint8Array.of(1, 2, 3)],
    [-129n, 3, '😀', Uint8Array.of(255)],
    [2n ** 62n, 4, 'z', Uint8Array.of(4)],
    [-(2n ** 63n), 5, 'y', Uint8Array.of(5)],
  ] as const;
  for (const key of keys) {
    insert.run(...key, 'value');
    const [packed] = database
      .prepare(
        'SELECT pk FROM crsql_changes WHERE db_version = (SELECT max(db_version) FROM thing__crsql_clock)',
      )
      .exact<[Uint8Array]>()
      .get() ?? [new Uint8Array()];
    expect(unpackKey(packed)).toEqual(key);
  }
  database.close();
});

test('no bytes whatever make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      unpackKey(bytes);
    }),
    { numRuns: 5_000 },
  );
});

test.each<[string, number[]]>([
  ['nothing', []],
  ['no columns', [0]],
  ['fewer columns than it says', [2, 9, 1]],
  ['trailing bytes', [1, 9, 1, 0]],
  ['a length beyond the end', [1, 0x0b, 200, 65]],
  ['an integer wider than eight bytes', [1, (9 << 3) | 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  ['an unknown storage class', [1, 6]],
  ['a text that is not UTF-8', [1, 0x0b, 1, 255]],
])('a key with %s is malformed', (_, bytes) => {
  expect(unpackKey(Uint8Array.from(bytes))).toBeUndefined();
});
