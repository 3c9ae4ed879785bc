import { expect, test } from 'vitest';
import { PageRange } from './page-range.ts';

test('scrolling keeps what stays in sight, and subscribes and ends only what changes', () => {
  const log: string[] = [];
  const begin = (page: number) => {
    log.push(`+${page}`);
    return () => log.push(`-${page}`);
  };
  const range = new PageRange();
  range.set(0, 1, begin);
  range.set(1, 2, begin);
  range.set(1, 2, begin);
  range.clear();
  expect(log).toEqual(['+0', '+1', '-0', '+2', '-1', '-2']);
});
