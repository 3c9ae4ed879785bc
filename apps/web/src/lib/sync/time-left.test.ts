import { expect, test } from 'vitest';
import { timeLeftWords } from './time-left.ts';

test.for([
  [undefined, ''],
  [Infinity, ''],
  [0.4, 'nearly done'],
  [7.2, 'about 8 seconds left'],
  [33, 'about 40 seconds left'],
  [89.9, 'about 90 seconds left'],
  [91, 'about 2 minutes left'],
  [600, 'about 10 minutes left'],
  [3 * 3600, 'about 3 hours left'],
] as const)('%s s: %s', ([seconds, words]) => {
  expect(timeLeftWords(seconds)).toBe(words);
});
