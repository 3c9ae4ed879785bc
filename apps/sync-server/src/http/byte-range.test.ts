import { describe, expect, test } from 'vitest';
import { rangeOf } from './byte-range.ts';

describe('a Range header', () => {
  test.each([
    ['bytes=0-', { start: 0, end: 99 }],
    ['bytes=40-', { start: 40, end: 99 }],
    ['bytes=40-49', { start: 40, end: 49 }],
    ['bytes=99-99', { start: 99, end: 99 }],
    ['bytes=40-1000', { start: 40, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-1000', { start: 0, end: 99 }],
  ])('%s asks for a part', (header, range) => {
    expect(rangeOf(header, 100)).toEqual(range);
  });

  test.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=50-40', 'bytes=a-b', 'bytes=0-1,5-6', 'items=0-5'])(
    '%s is ignored',
    (header) => {
      expect(rangeOf(header, 100)).toBe('whole');
    },
  );

  test.each(['bytes=100-', 'bytes=100-200', 'bytes=-0'])('%s cannot be satisfied', (header) => {
    expect(rangeOf(header, 100)).toBe('unsatisfiable');
  });
});
