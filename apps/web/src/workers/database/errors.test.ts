import { SqliteError, TRAPPED } from '@octavo/crsqlite/errors.ts';
import { ShopError } from '@octavo/shop/errors.ts';
import { expect, test } from 'vitest';
import { describeDatabaseError } from './errors.ts';

const nothing = () => undefined;

test('a refusal of the shop keeps its code, its words and its details', () => {
  const details = { kind: 'book', id: '9780140328721' } as const;
  const error = new ShopError('not-found', 'There is no such book.', details);
  expect(describeDatabaseError(error, nothing)).toEqual({
    code: 'not-found',
    message: 'There is no such book.',
    details,
  });
});

test('a failure of SQLite is told by what can be done about it', () => {
  expect(describeDatabaseError(new SqliteError('disk full', 13), nothing)).toMatchObject({
    code: 'sqlite-full',
  });
});

test('a lost instance is reported besides', () => {
  const lost: string[] = [];
  const described = describeDatabaseError(new SqliteError('trapped', TRAPPED), (message) =>
    lost.push(message),
  );
  expect(described.code).toBe('sqlite-trapped');
  expect(lost).toEqual(['trapped']);
});
