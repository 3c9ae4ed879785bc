import { expect, test } from 'vitest';
import { isDatabasePattern, matchesAny } from './database-pattern.ts';

test.each([
  [['shop.sqlite3'], 'shop.sqlite3', true],
  [['shop.sqlite3'], 'shop.sqlite', false],
  [['shop.sqlite3'], 'xshop.sqlite3', false],
  [['*'], 'anything.db', true],
  [['north-*'], 'north-1.sqlite3', true],
  [['north-*'], 'south-1.sqlite3', false],
  [['*.db'], 'a.db', true],
  [['*.db'], 'a.db.sqlite', false],
  [['a*b*c.db'], 'abc.db', true],
  [['a*b*c.db'], 'a-x-b-y-c.db', true],
  [['a*b*c.db'], 'acb.db', false],
  [['ab*ba.db'], 'aba.db', false],
  [['other.db', 'shop*'], 'shop.sqlite3', true],
  [[], 'shop.sqlite3', false],
  [['shop?sqlite3'], 'shop.sqlite3', false],
])('%j stands for %s: %s', (patterns, name, expected) => {
  expect(matchesAny(patterns, name)).toBe(expected);
});

test('a hostile name takes no time', () => {
  const began = performance.now();
  matchesAny(['*a'.repeat(40)], 'a'.repeat(10_000));
  expect(performance.now() - began).toBeLessThan(1_000);
});

test('a pattern has only what names have, and stars', () => {
  expect(isDatabasePattern('shop-*.sqlite3')).toBe(true);
  for (const text of ['', '../x.db', 'a b.db', 'a/b.db', 'x'.repeat(81)])
    expect(isDatabasePattern(text)).toBe(false);
});
