import { expect, test } from 'vitest';
import { snapshotAddress, snapshotHeaders } from './snapshot-request.ts';

const offer = { etag: '"a"', sha256: '0'.repeat(64), bytes: 100, databaseBytes: 400, cells: 7, version: 1 };

test.for([
  ['ws://127.0.0.1:8080/sync', 'http://127.0.0.1:8080/shop.sqlite3/snapshot?schemaVersion=3'],
  ['wss://shop.example/sync', 'https://shop.example/shop.sqlite3/snapshot?schemaVersion=3'],
  ['wss://shop.example/octavo/sync', 'https://shop.example/octavo/shop.sqlite3/snapshot?schemaVersion=3'],
] as const)('the snapshot of %s is beside its socket', ([server, address]) => {
  expect(snapshotAddress({ server, database: 'shop.sqlite3' }, 3)?.href).toBe(address);
});

test('what is no address has no snapshot', () => {
  expect(snapshotAddress({ server: 'not an address', database: 'shop.sqlite3' }, 3)).toBeUndefined();
});

test('a download that has begun goes on, of the same file only', () => {
  const headers = snapshotHeaders('secret', { offer, size: 60, refused: false });
  expect(Object.fromEntries(headers)).toEqual({
    accept: 'application/gzip',
    authorization: 'Bearer secret',
    range: 'bytes=60-',
    'if-range': '"a"',
  });
});

test('a file that was of no use is not sent again', () => {
  const headers = snapshotHeaders(undefined, { offer, size: 0, refused: true });
  expect(Object.fromEntries(headers)).toEqual({ accept: 'application/gzip', 'if-none-match': '"a"' });
});
