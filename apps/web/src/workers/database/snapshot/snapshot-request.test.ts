import { expect, test } from 'vitest';
import { snapshotAddress, snapshotHeaders } from './snapshot-request.ts';

const page = { database: 'shop.sqlite3', pageOrigin: 'http://127.0.0.1:8080' };
const offer = { etag: '"a"', sha256: '0'.repeat(64), bytes: 100, databaseBytes: 400, cells: 7, version: 1 };

test.for([
  [
    'ws://127.0.0.1:8080/sync',
    'http://127.0.0.1:8080',
    'http://127.0.0.1:8080/shop.sqlite3/snapshot?schemaVersion=3',
  ],
  [
    'wss://shop.example/sync',
    'https://shop.example',
    'https://shop.example/shop.sqlite3/snapshot?schemaVersion=3',
  ],
  [
    'wss://shop.example/octavo/sync',
    'https://shop.example',
    'https://shop.example/octavo/shop.sqlite3/snapshot?schemaVersion=3',
  ],
] as const)('the snapshot of %s is beside its socket', ([server, pageOrigin, address]) => {
  expect(snapshotAddress({ ...page, server, pageOrigin }, 3)?.href).toBe(address);
});

test.for(['ws://127.0.0.1:9000/sync', 'wss://127.0.0.1:8080/sync', 'not an address'])(
  'a page may not ask %s, which is not its own server',
  (server) => {
    expect(snapshotAddress({ ...page, server }, 3)).toBeUndefined();
  },
);

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
