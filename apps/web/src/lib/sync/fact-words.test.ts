import { expect, test } from 'vitest';
import { agoWords, connectionWords, pendingWords, serverWords } from './fact-words.ts';

test('pending records are called what the shop calls them, and unknown tables by their name', () => {
  expect(pendingWords({ table: 'book', records: 1 })).toBe('1 book');
  expect(pendingWords({ table: 'note_line', records: 12 })).toBe('12 lines of notes');
  expect(pendingWords({ table: 'gift_card', records: 2 })).toBe('2 in gift_card');
});

test('the server is said to be ahead of this device where it is', () => {
  expect(serverWords({ serverHead: 12, received: 9 })).toBe('version 12, of which this device has up to 9');
  expect(serverWords({ serverHead: 12, received: 12 })).toBe('version 12, of which this device has all');
  expect(serverWords({ serverHead: undefined, received: 9 })).toBe('here up to its version 9');
});

test('an age is as exact as anybody wants it', () => {
  expect([840, 42_000, 600_000, 7_200_000].map(agoWords)).toEqual([
    '0.8 s ago',
    '42 s ago',
    '10 min ago',
    '2 h ago',
  ]);
});

test('a connection says how it went: never reached, open, or how long and why it ended', () => {
  const record = { connection: 1, begunAt: 1_000, received: 2_000, sent: 500, proven: true };
  expect(connectionWords({ ...record, end: { by: 'server', reason: 'lost', words: '' } })).toBe(
    'the server could not be reached',
  );
  expect(connectionWords({ ...record, openedAt: 1_010 })).toBe('open, proven; 2 KB in, 500 bytes out');
  const ended = { ...record, openedAt: 1_010, endedAt: 5_000 };
  expect(connectionWords({ ...ended, end: { by: 'device', reason: 'silent', words: '' } })).toBe(
    '4.0 s, was proven; 2 KB in, 500 bytes out; nothing was heard any more',
  );
});
