import { RemoteError } from '@octavo/rpc/remote-error.ts';
import { expect, test } from 'vitest';
import { AddressError } from '../settings/address.ts';
import { failureFrom, UnsupportedError } from './failure.ts';

test('a browser that cannot get at its own files is not told to be a private window', () => {
  const failure = failureFrom(new UnsupportedError('storage', 'UnknownError'));
  expect(failure.title).toBe('The browser does not open its storage');
  expect(failure.details).toContain('UnknownError');
});

test('a code of the database has its own words, and the details keep code and message', () => {
  const failure = failureFrom(
    new RemoteError({ code: 'sqlite-corrupt', message: 'file is not a database', details: undefined }),
  );
  expect(failure.title).toBe('The database is damaged');
  expect(failure.details).toBe('sqlite-corrupt: file is not a database');
});

test('a wrong address is explained in its own words', () => {
  expect(failureFrom(new AddressError('"x" is not a database name.')).explanation).toContain(
    '"x" is not a database name.',
  );
});

test('anything else still says that nothing was lost', () => {
  expect(failureFrom('what?')).toMatchObject({
    code: 'page',
    title: 'The database could not be opened',
    details: 'what?',
  });
});
