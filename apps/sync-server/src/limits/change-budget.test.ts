import { expect, test } from 'vitest';
import { ChangeBudget } from './change-budget.ts';

function budget(perSecond: number) {
  const clock = { now: 0 };
  return { clock, changes: new ChangeBudget(perSecond, () => clock.now) };
}

test('five seconds’ worth may come at once', () => {
  const { changes } = budget(1_000);
  expect(changes.take(5_000)).toBe(0);
  expect(changes.take(100)).toBe(100);
});

test('whoever keeps to the rate never waits, and waiting earns it back', () => {
  const { clock, changes } = budget(1_000);
  changes.take(5_000);
  for (let second = 0; second < 100; second += 1) {
    clock.now += 1_000;
    expect(changes.take(1_000)).toBe(0);
  }
  clock.now += 60_000;
  expect(changes.take(5_000)).toBe(0);
});

test('nobody waits so long that acknowledgements seem overdue', () => {
  const { clock, changes } = budget(1_000);
  expect(changes.take(1_000_000)).toBe(8_000);
  clock.now += 8_000;
  expect(changes.take(0)).toBe(0);
});
