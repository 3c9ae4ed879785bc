import { expect, test } from 'vitest';
import { isStorageRefusal } from './keeping.ts';

test('a refusal is one also when it is the cause of another error', () => {
  const refusal = new DOMException('Storage directory access is denied.', 'SecurityError');
  expect(isStorageRefusal(refusal)).toBe(true);
  expect(isStorageRefusal(new Error('cannot be opened', { cause: refusal }))).toBe(true);
});

test.each(['UnknownError', 'QuotaExceededError', 'NoModificationAllowedError', 'NotFoundError'])(
  '%s passes, or has its own words: nobody’s database is passed over for it',
  (name) => {
    expect(isStorageRefusal(new DOMException('?', name))).toBe(false);
  },
);
