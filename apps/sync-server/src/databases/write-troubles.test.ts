import { expect, test } from 'vitest';
import { WriteTroubles } from './write-troubles.ts';

test('a database that cannot take changes is named until it does, or until nobody has met that for two minutes', () => {
  let now = 0;
  const troubles = new WriteTroubles(() => now);
  troubles.report('a.db', 'database or disk is full');
  troubles.report('b.db', 'database or disk is full');
  troubles.clear('a.db');
  expect([...troubles.reasons]).toEqual([['b.db', 'database or disk is full']]);
  now += 100_000;
  troubles.report('b.db', 'database or disk is full');
  now += 100_000;
  expect(troubles.reasons.size).toBe(1);
  now += 30_000;
  expect(troubles.reasons.size).toBe(0);
});
