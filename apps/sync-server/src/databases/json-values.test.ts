import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { bindSchema, rowsToJson } from './json-values.ts';

describe('SQL values as JSON', () => {
  test('what JSON has is written plainly, the rest under a name', () => {
    const row = {
      a: null,
      b: 'text',
      c: 1,
      d: 1.5,
      e: 9007199254740993n,
      f: Uint8Array.of(0, 255),
      g: -Infinity,
    };
    expect(JSON.parse(rowsToJson([row]))).toEqual({
      rows: [
        {
          a: null,
          b: 'text',
          c: 1,
          d: 1.5,
          e: { $integer: '9007199254740993' },
          f: { $blob: '00ff' },
          g: { $real: '-Infinity' },
        },
      ],
    });
    expect(rowsToJson(null)).toBe('{"rows":null}');
  });

  test('a part of a larger buffer is written alone', () => {
    const part = Uint8Array.of(1, 2, 3, 4).subarray(1, 3);
    expect(JSON.parse(rowsToJson([{ part }]))).toEqual({ rows: [{ part: { $blob: '0203' } }] });
  });

  test('the same forms are bound', () => {
    const given = [
      null,
      'x',
      2,
      2.5,
      true,
      { $integer: '-9223372036854775808' },
      { $blob: '00ff' },
      { $real: 'Infinity' },
    ];
    expect(v.parse(bindSchema, given)).toEqual([
      null,
      'x',
      2,
      2.5,
      1,
      -9223372036854775808n,
      Uint8Array.of(0, 255),
      Infinity,
    ]);
    expect(v.parse(bindSchema, [{ $blob: '' }])).toEqual([new Uint8Array(0)]);
  });

  test.each([
    [2 ** 53],
    [{ $integer: '9223372036854775808' }],
    [{ $integer: '1.5' }],
    [{ $blob: '0' }],
    [{ $blob: 'xx' }],
    [{ $date: 'now' }],
    [[1]],
    [{}],
  ])('%o cannot be bound', (value) => {
    expect(v.is(bindSchema, [value])).toBe(false);
  });
});
