import { expect, test } from 'vitest';
import { httpAddress } from './http-address.ts';

test('a server answers over HTTP where its socket is', () => {
  expect(httpAddress('ws://127.0.0.1:8080/sync', 'api/sync-status')?.href).toBe(
    'http://127.0.0.1:8080/api/sync-status',
  );
  expect(httpAddress('wss://shop.example/octavo/sync', 'shop.sqlite3/meta')?.href).toBe(
    'https://shop.example/octavo/shop.sqlite3/meta',
  );
});

test('what is no address has none', () => {
  expect(httpAddress('nowhere', 'api/sync-status')).toBeUndefined();
});
