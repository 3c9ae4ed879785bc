import { SqliteError } from '@octavo/crsqlite/errors.ts';
import { FULL, IOERR } from '@octavo/crsqlite/result-codes.ts';
import { closeCodes } from '@octavo/protocol/close-codes.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import { expect, test } from 'vitest';
import { failureOfClose, failureOfError } from './failure.ts';

test.each([
  [1006, 'unreachable'],
  [1001, 'unreachable'],
  [closeCodes.restarting, 'server-restarting'],
  [closeCodes['database-failed'], 'server-failed'],
  [closeCodes['handshake-timeout'], 'silent'],
  [closeCodes.malformed, 'misunderstood'],
  [closeCodes['invalid-change'], 'misunderstood'],
])('a connection that ends with %d counts as %s', (closeCode, code) => {
  expect(failureOfClose(closeCode, '').code).toBe(code);
});

test("the server's own words are kept where it gave any", () => {
  expect(failureOfClose(closeCodes['database-failed'], 'The disk is full.').message).toBe(
    'The disk is full.',
  );
  expect(failureOfClose(1006, '').message).toBe('The server cannot be reached.');
});

test("a full disk of this device is told from its database's other failures, and both from what came", () => {
  const codeOf = (error: unknown) => failureOfError(error)?.failure.code;
  expect(codeOf(new SqliteError('full', FULL))).toBe('own-disk-full');
  expect(codeOf(new SqliteError('broken', IOERR))).toBe('own-database-failed');
  expect(codeOf(new ProtocolError('malformed', 'nonsense'))).toBe('misunderstood');
});

test('what no connection can go on after is not taken for a failure of one', () => {
  expect(failureOfError(new SqliteError('trap', -1))).toBeUndefined();
  expect(failureOfError(new TypeError('a bug'))).toBeUndefined();
});
