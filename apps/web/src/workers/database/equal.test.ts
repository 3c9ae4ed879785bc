import { expect, test } from 'vitest';
import { equal } from './equal.ts';

test('rows are equal by what is in them', () => {
  expect(equal([{ a: 1, b: null, c: 2n }], [{ a: 1, b: null, c: 2n }])).toBe(true);
  expect(equal([{ blob: Uint8Array.of(1, 2) }], [{ blob: Uint8Array.of(1, 2) }])).toBe(true);
  expect(equal(null, null)).toBe(true);
});

test.each([
  [[1], [1, 2]],
  [{ a: 1 }, { a: '1' }],
  [{ a: 1 }, { b: 1 }],
  [{ a: 1 }, { a: 1, b: 2 }],
  [{ a: undefined }, { b: undefined }],
  [{ a: null }, { a: undefined }],
  [[{ blob: Uint8Array.of(1) }], [{ blob: Uint8Array.of(2) }]],
  [[], {}],
  [null, {}],
  [1, 1n],
])('%o and %o differ', (left, right) => {
  expect(equal(left, right)).toBe(false);
});
