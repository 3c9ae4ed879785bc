import { RemoteError } from '@octavo/rpc/remote-error.ts';
import { expect, test } from 'vitest';
import { refusalMessage } from './refusal.ts';

const refused = (code: string, details: unknown) =>
  new RemoteError({ code, message: 'The whole story.', details });

test('wrong input is told in its own words, without the names of fields', () => {
  const details = { issues: [{ path: 'isbn', message: 'This is not an ISBN.' }] };
  expect(refusalMessage(refused('invalid-input', details))).toBe('This is not an ISBN.');
});

test('every other refusal speaks for itself', () => {
  expect(refusalMessage(refused('in-use', { uses: 2 }))).toBe('The whole story.');
  expect(refusalMessage(refused('invalid-input', undefined))).toBe('The whole story.');
});

test('without an answer nobody knows what happened, and that is what is said', () => {
  expect(refusalMessage(refused('deadline', undefined))).toContain('may or may not');
});

test('what is known not to have been done is said to be so', () => {
  expect(refusalMessage(refused('unreached', undefined))).toContain('was not done');
  expect(refusalMessage(refused('sqlite-full', undefined))).toContain('was not saved');
});
