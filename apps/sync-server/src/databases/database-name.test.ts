import { expect, test } from 'vitest';
import { isDatabaseName } from './database-name.ts';

test.each(['shop.sqlite3', 'a.db', 'my-shop_2.sqlite', 'v1.2.db', 'UPPER.sqlite3', `${'n'.repeat(77)}.db`])(
  '%s may be a database',
  (name) => {
    expect(isDatabaseName(name)).toBe(true);
  },
);

test.each([
  '',
  '.db',
  'shop',
  'shop.sqlite3 ',
  'shop.sqlite3\n',
  'shop.sqlite3-journal',
  'shop.sqlite3-lock',
  'server.json',
  '../../etc/passwd.db',
  '..\\shop.db',
  'a/b.db',
  '/etc/shop.db',
  'shöp.db',
  'sh\0op.db',
  'shop.db%00',
  `${'n'.repeat(78)}.db`,
])('%j may not', (name) => {
  expect(isDatabaseName(name)).toBe(false);
});
