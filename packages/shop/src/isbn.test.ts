import { describe, expect, it } from 'vitest';
import { formatIsbn } from './isbn-format.ts';
import { isMangled, isIsbn13, parseIsbn } from './isbn.ts';

describe('an ISBN', () => {
  it.each([
    ['9780439023481'],
    ['978-0-439-02348-1'],
    [' 978 0 439 02348 1 '],
    ['0439023483'],
    ['0-439-02348-3'],
    ['ISBN 0-439-02348-3'],
    ['ISBN-13: 978-0-439-02348-1'],
    ['ISBN10 0439023483'],
    ['9780439023481.0'],
    ['9.780.439.023.481'],
  ])('typed as %s is 9780439023481', (text) => {
    expect(parseIsbn(text)).toEqual({ ok: true, isbn: '9780439023481' });
  });

  it('may end in X, large or small', () => {
    expect(parseIsbn('043965548X')).toEqual({ ok: true, isbn: '9780439655484' });
    expect(parseIsbn('0-439-65548-x')).toEqual({ ok: true, isbn: '9780439655484' });
  });

  it('newer than any table of ranges is still one: the check digit alone decides', () => {
    expect(parseIsbn('9991373764')).toEqual({ ok: true, isbn: '9789991373768' });
    expect(isIsbn13('9791220000000'.slice(0, 12) + '2')).toBe(parseIsbn('9791220000002').ok);
  });

  it.each([
    ['', 'missing'],
    ['   ', 'missing'],
    ['9.78043902348e+12', 'mangled'],
    ['9,78043902348E+12', 'mangled'],
    ['9.78E12', 'mangled'],
    ['9780439023482', 'check-digit'],
    ['0439023484', 'check-digit'],
    ['4006381333931', 'malformed'],
    ['439023483', 'malformed'],
    ['195170342.0', 'malformed'],
    ['n/a', 'malformed'],
  ])('%j is none: %s', (text, problem) => {
    expect(parseIsbn(text)).toEqual({ ok: false, problem });
  });

  it('is not called mangled when it is only short', () => {
    expect(isMangled('978')).toBe(false);
    expect(isMangled('12e')).toBe(false);
  });
});

describe('an ISBN for people', () => {
  it('has its hyphens, or none while its range is not in the table', () => {
    expect(formatIsbn('9780439023481')).toBe('978-0-439-02348-1');
    expect(formatIsbn('9789991373768')).toBe('9789991373768');
  });
});
