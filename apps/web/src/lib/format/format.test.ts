import { expect, test } from 'vitest';
import { formatMoney, moneyToInput, parseMoney } from './money.ts';
import { discountToInput, parseDiscount } from './percent.ts';
import { count, formatBytes } from './text.ts';
import { lineTotal, totalsOf } from './totals.ts';

test('money is shown with as many digits as its currency has', () => {
  expect(formatMoney(1999, 'EUR', 'en-IE')).toBe('€19.99');
  expect(formatMoney(1999, 'JPY', 'en-US')).toBe('¥1,999');
});

test.each([
  ['19.99', 1999],
  ['19,99', 1999],
  ['19,9', 1990],
  ['19', 1900],
  ['.5', 50],
  ['0', 0],
  ['4.350', 435],
])('"%s" is %d cents', (text, cents) => {
  expect(parseMoney(text, 'EUR')).toBe(cents);
});

test.each(['', 'x', '-1', '1.999', '1.2.3', '1e3', '9999999999'])('"%s" is no amount', (text) => {
  expect(parseMoney(text, 'EUR')).toBeUndefined();
});

test('what a field shows is read as the same amount', () => {
  for (const cents of [0, 1, 99, 1999, 100_000]) {
    expect(parseMoney(moneyToInput(cents, 'EUR'), 'EUR')).toBe(cents);
  }
});

test('a discount is typed in percent', () => {
  expect(parseDiscount('10')).toBe(1000);
  expect(parseDiscount('12,5 %')).toBe(1250);
  expect(parseDiscount('')).toBe(0);
  expect(parseDiscount('101')).toBeUndefined();
  expect(discountToInput(1250)).toBe('12.5');
});

test('a line is rounded once, with its discount', () => {
  expect(lineTotal({ quantity: 3, price: 999, discount: 1000 })).toBe(2697);
  expect(lineTotal({ quantity: 3, price: null, discount: 1000 })).toBeNull();
});

test('totals count copies and say how many prices are missing', () => {
  expect(
    totalsOf([
      { quantity: 2, price: 1000, discount: null },
      { quantity: 3, price: null, discount: 500 },
    ]),
  ).toEqual({ titles: 2, copies: 5, amount: 2000, withoutPrice: 1 });
});

test('counts and sizes read like words', () => {
  expect(count(1, 'copy', 'copies')).toBe('1 copy');
  expect(count(2, 'copy', 'copies')).toBe('2 copies');
  expect(formatBytes(999)).toBe('999 bytes');
  expect(formatBytes(34_000_000)).toBe('34 MB');
});
