import { expect, test } from 'vitest';
import { retryDelay } from './backoff.ts';

const random = (fraction: number) => ({ fraction: () => fraction, bytes: () => new Uint8Array() });

test('the first retry comes at once', () => {
  expect(retryDelay(0, true, random(0.9))).toBe(0);
});

test('delays double, with up to half of each left to chance', () => {
  expect([1, 2, 3, 4].map((failures) => retryDelay(failures, false, random(0)))).toEqual([
    125, 250, 500, 1_000,
  ]);
  expect([1, 2, 3, 4].map((failures) => retryDelay(failures, false, random(1)))).toEqual([
    250, 500, 1_000, 2_000,
  ]);
});

test('a long outage is asked about every second and a half while somebody looks, every thirty otherwise', () => {
  expect(retryDelay(50, true, random(1))).toBe(1_500);
  expect(retryDelay(5_000, false, random(1))).toBe(30_000);
});
