import { describe, expect, it } from 'vitest';
import { cellText, readPrice, readText, readYear } from './values.ts';

describe('a year', () => {
  it.each([
    ['2008', 2008],
    ['2008.0', 2008],
    ['2008,0', 2008],
    ['-750.0', -750],
    ["'-750.0", -750],
    ['8', 8],
    ['c1999', 1999],
    ['[1999]', 1999],
    ['1999-05-01', 1999],
    ['01.05.1999', 1999],
    ['', null],
    ['0', null],
    ['0.0', null],
    ['unknown', undefined],
    ['19999', undefined],
  ])('%j is read as %s', (cell, year) => {
    expect(readYear(cell)).toBe(year);
  });
});

describe('a price', () => {
  it.each([
    ['12.90', 1290],
    ['12,90', 1290],
    ['12,90 €', 1290],
    ['€ 12.9', 1290],
    ['EUR 12', 1200],
    ['12,-', 1200],
    ['12.–', 1200],
    ['1.234,50', 123450],
    ['1,234.50', 123450],
    ['$1,234', 123400],
    ["1'234.50", 123450],
    ['1.234.567', 123456700],
    ['0.125', 13],
    ['0.005', 1],
    ['19.999999', 2000],
    ['Fr. 24.80', 2480],
    ['0', 0],
    ['', null],
    ['-5.00', undefined],
    ['on request', undefined],
    ['12/13', undefined],
    ['99999999999', undefined],
  ])('%j is read as %s minor units', (cell, price) => {
    expect(readPrice(cell)).toBe(price);
  });
});

describe('a cell', () => {
  it('loses what a spreadsheet needed to leave it alone', () => {
    expect(cellText('="0439023483"')).toBe('0439023483');
    expect(cellText("'0439023483")).toBe('0439023483');
    expect(readText('  two\n lines  ')).toBe('two lines');
    expect(readText(' ')).toBeNull();
    expect(readText(undefined)).toBeNull();
  });
});
