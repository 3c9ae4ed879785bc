import { expect, test } from 'vitest';
import { Usage } from './usage.ts';

test('what is used is never idle, whoever else has ended', () => {
  const usage = new Usage();
  const first = usage.begin('shop.db');
  const second = usage.begin('shop.db');
  first();
  first();
  expect(usage.idleSince('shop.db')).toBeUndefined();
  second();
  expect(usage.idleSince('shop.db')).toBeGreaterThan(0);
});

test('room is made by the one whose last use is longest ago', () => {
  const usage = new Usage();
  const names = ['a.db', 'b.db', 'c.db'];
  const ends = names.map((name) => usage.begin(name));
  expect(usage.longestIdle(names)).toBeUndefined();
  ends[1]?.();
  ends[0]?.();
  expect(usage.longestIdle(names)).toBe('b.db');
  usage.begin('b.db');
  expect(usage.longestIdle(names)).toBe('a.db');
});

test('what was opened and never used goes first', () => {
  const usage = new Usage();
  usage.begin('a.db')();
  expect(usage.longestIdle(['a.db', 'opened.db'])).toBe('opened.db');
});
