import { expect, test } from 'vitest';
import { ChangeBudgets } from './change-budgets.ts';

test('whoever comes back over a new connection goes on with what was left, and others have their own', () => {
  const budgets = new ChangeBudgets(1_000, () => 0);
  expect(budgets.of('ana').take(6_000)).toBe(1_000);
  expect(budgets.of('ana').take(1_000)).toBe(2_000);
  expect(budgets.of('ben').take(1_000)).toBe(0);
});

test('those that are as good as new are forgotten, and only those', () => {
  const clock = { now: 0 };
  const budgets = new ChangeBudgets(1_000, () => clock.now);
  for (let client = 0; client < 1_000; client += 1) budgets.of(`client ${client}`).take(1_000);
  clock.now = 5_000;
  budgets.of('client 7').take(2_000);
  budgets.of('another');
  expect(budgets.size).toBe(2);
  expect(budgets.of('client 7').take(4_000)).toBe(1_000);
});
