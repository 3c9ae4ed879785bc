import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { inTime } from './patience.ts';
import type { OnProgress } from './store/object-store.ts';

const never = Promise.withResolvers<never>().promise;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Something that never ends, and what it is given up with. */
function begin(bytes: number) {
  let failure: unknown;
  let go: OnProgress = () => undefined;
  let signal = new AbortController().signal;
  inTime(bytes, (until, onProgress) => {
    go = onProgress;
    signal = until;
    return never;
  }).catch((error: unknown) => (failure = error));
  return { go: (more?: number) => go(more), failed: () => failure !== undefined && signal.aborted };
}

test('what does not go on is given up after 8 s, and what does is not', async () => {
  const { go, failed } = begin(0);
  for (let round = 0; round < 100; round += 1) {
    await vi.advanceTimersByTimeAsync(7_900);
    go();
  }
  expect(failed()).toBe(false);
  await vi.advanceTimersByTimeAsync(8_000);
  expect(failed()).toBe(true);
});

test('what is large has longer until it shows that it goes on, and then no longer than anything', async () => {
  const mute = begin(10 * 128 * 1024);
  const telling = begin(10 * 128 * 1024);
  await vi.advanceTimersByTimeAsync(1_000);
  telling.go();
  await vi.advanceTimersByTimeAsync(8_000);
  expect([mute.failed(), telling.failed()]).toEqual([false, true]);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(mute.failed()).toBe(true);
});

test('a sign of progress that comes after the end changes nothing', async () => {
  let go: OnProgress = () => undefined;
  const until = await inTime(0, (signal, onProgress) => {
    go = onProgress;
    return Promise.resolve(signal);
  });
  go();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(until.aborted).toBe(false);
});
