import { expect, test } from 'vitest';
import { Tries } from './tries.ts';

test('while nothing comes, it is tried ever more rarely, and then not any more', () => {
  const tries = new Tries();
  const pauses = [1, 2, 3, 4].map(() => tries.after('unavailable', 0));
  expect(pauses).toEqual([
    { kind: 'again', pauseMs: 1_000 },
    { kind: 'again', pauseMs: 2_000 },
    { kind: 'again', pauseMs: 4_000 },
    { kind: 'give-up' },
  ]);
});

test('while it gets on, it goes on over any number of cuts', () => {
  const tries = new Tries();
  for (let megabytes = 1; megabytes < 50; megabytes += 1)
    expect(tries.after('cut', megabytes * 1_000_000)).toEqual({ kind: 'again', pauseMs: 1_000 });
});

test.for(['damaged', 'unsuitable'] as const)('%s: another try would come to the same', (code) => {
  expect(new Tries().after(code, 1_000)).toEqual({ kind: 'give-up' });
});
