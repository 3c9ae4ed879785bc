import { expect, test } from 'vitest';
import { Backlog } from './backlog.ts';

const KILOBYTE = 1_000;

test('bytes to come are judged by the bytes that a change has taken so far', () => {
  const backlog = new Backlog(0);
  backlog.follow({ bytes: 10 * KILOBYTE, changes: 100, total: 1_000 }, 100);
  expect(backlog.view(100)).toMatchObject({
    bytes: 10 * KILOBYTE,
    expectedBytes: 100 * KILOBYTE,
    changes: 100,
    expectedChanges: 1_000,
  });
});

test('it is shown after half a second', () => {
  const backlog = new Backlog(1_000);
  expect(backlog.isLong(1_499)).toBe(false);
  expect(backlog.isLong(1_500)).toBe(true);
});

test('the share never falls, also when changes are added or the connection is lost on the way', () => {
  const backlog = new Backlog(0);
  let share = 0;
  let bytes = 0;
  const steps = [
    { bytes: 100, changes: 10, total: 100 },
    { bytes: 500, changes: 50, total: 100 },
    // Somebody else has imported a list.
    { bytes: 600, changes: 60, total: 900 },
    { bytes: 2_000, changes: 200, total: 900 },
    // A new connection counts from nothing, and there is less left.
    { bytes: 0, changes: 0, total: 700 },
    { bytes: 3_000, changes: 350, total: 700 },
    { bytes: 7_000, changes: 700, total: 700 },
  ];
  for (const [index, step] of steps.entries()) {
    backlog.follow(step, index * 100);
    const view = backlog.view(index * 100);
    expect(view.bytes).toBeGreaterThanOrEqual(bytes);
    expect(view.bytes / view.expectedBytes).toBeGreaterThanOrEqual(share - 0.001);
    expect(view.expectedBytes).toBeGreaterThanOrEqual(view.bytes);
    ({ bytes } = view);
    share = view.bytes / view.expectedBytes;
  }
  expect(share).toBe(1);
  expect(bytes).toBe(9_000);
});

test('the time left is judged by how fast it goes now, not by how fast it went', () => {
  const backlog = new Backlog(0);
  for (let second = 1; second <= 10; second += 1)
    backlog.follow({ bytes: 0, changes: second * 1_000, total: 100_000 }, second * 1_000);
  expect(backlog.view(10_000).secondsLeft).toBeCloseTo(90, 0);
  for (let second = 11; second <= 20; second += 1)
    backlog.follow({ bytes: 0, changes: 10_000 + (second - 10) * 100, total: 100_000 }, second * 1_000);
  expect(backlog.view(20_000).secondsLeft).toBeCloseTo(890, 0);
});

test('nothing is said of the time left before something can be known, and it grows while nothing comes', () => {
  const backlog = new Backlog(0);
  expect(backlog.view(10_000).secondsLeft).toBeUndefined();
  backlog.follow({ bytes: 1, changes: 10, total: 100 }, 500);
  expect(backlog.view(500).secondsLeft).toBeUndefined();
  const soon = backlog.view(1_000).secondsLeft ?? 0;
  expect(soon).toBeCloseTo(9, 0);
  expect(backlog.view(4_000).secondsLeft).toBeGreaterThan(soon);
});
