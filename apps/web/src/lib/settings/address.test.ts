import { expect, test } from 'vitest';
import { AddressError, parseDatabaseName, parseServer, splitAddress, withArrival } from './address.ts';
import { defaultSettings } from './settings.ts';

test('the first address sets database, server and token, and keeps none of them', () => {
  const { arrival, address } = splitAddress(
    new URL('http://shop.example/books?db=north.sqlite3&server=ws://10.0.0.2:8080&q=x#token=s3cret'),
  );
  expect(withArrival(defaultSettings, arrival)).toEqual({
    ...defaultSettings,
    database: 'north.sqlite3',
    server: 'ws://10.0.0.2:8080/sync',
    token: 's3cret',
  });
  expect(address.href).toBe('http://shop.example/books?q=x');
});

test('the code of a sign-in link is taken out of the address', () => {
  const { arrival, address } = splitAddress(new URL('http://shop.example/#code=0nce'));
  expect(arrival).toEqual({ code: '0nce' });
  expect(address.href).toBe('http://shop.example/');
});

test('an address that says nothing changes nothing', () => {
  const { arrival, address } = splitAddress(new URL('http://shop.example/books#top'));
  expect(withArrival(defaultSettings, arrival)).toEqual(defaultSettings);
  expect(address.href).toBe('http://shop.example/books#top');
});

test('an address that asks for an impossible database is refused', () => {
  expect(() => withArrival(defaultSettings, { database: '../../etc/passwd.db' })).toThrow(AddressError);
});

test.each(['shop.sqlite3', 'North_2.db', 'a-b.c.sqlite'])('"%s" is a database name', (name) => {
  expect(parseDatabaseName(name)).toBe(name);
});

test.each(['', 'shop', '../../etc/passwd.db', 'a/b.db', '.db', `${'a'.repeat(80)}.db`, 'shop.exe'])(
  '"%s" is no database name',
  (name) => {
    expect(() => parseDatabaseName(name)).toThrow(AddressError);
  },
);

test.each([
  ['ws://127.0.0.1:8080', 'ws://127.0.0.1:8080/sync'],
  ['127.0.0.1:8080', 'ws://127.0.0.1:8080/sync'],
  ['https://shop.example/', 'wss://shop.example/sync'],
  ['wss://shop.example/octavo/sync', 'wss://shop.example/octavo/sync'],
])('"%s" means %s', (text, server) => {
  expect(parseServer(text)).toBe(server);
});

test.each(['', 'ftp://shop.example', 'ws://', 'two words'])('"%s" is no server', (text) => {
  expect(() => parseServer(text)).toThrow(AddressError);
});
