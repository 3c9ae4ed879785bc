import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { commandRequest, judgeAnswer } from './wire.ts';

const ID = '0198f0a0-0000-7000-8000-000000000001';
const LINEAGE = '0123456789abcdef0123456789abcdef';
const command = { id: ID, type: 'supplier-order.place', payload: { supplierId: 's' }, lineage: LINEAGE };

describe('a command on the wire', () => {
  it('has an id, a type, a payload and the shop it is for; the rest may be absent', () => {
    expect(v.is(commandRequest, command)).toBe(true);
    const after = { siteId: LINEAGE, dbVersion: 7 };
    expect(v.is(commandRequest, { ...command, baseVersion: 'abc', after })).toBe(true);
  });

  it.each([
    { ...command, id: 'c1' },
    { ...command, id: ID.toUpperCase() },
    { ...command, type: '' },
    { ...command, lineage: 'LINEAGE' },
    { ...command, after: { siteId: LINEAGE, dbVersion: -1 } },
    { ...command, after: { siteId: LINEAGE, dbVersion: 1.5 } },
    { ...command, baseVersion: 7 },
    [],
    null,
  ])('of another form is none: %j', (other) => {
    expect(v.is(commandRequest, other)).toBe(false);
  });
});

describe('an answer', () => {
  const ours = { error: 'x', message: 'y' };

  it('is a success only with the receipt of this very command', () => {
    expect(judgeAnswer(ID, 200, { id: ID, result: { number: 1 } })).toEqual({
      kind: 'done',
      result: { number: 1 },
    });
    expect(judgeAnswer(ID, 200, { id: LINEAGE, result: {} })).toMatchObject({ kind: 'later' });
    expect(judgeAnswer(ID, 200, undefined)).toMatchObject({ kind: 'later', error: '' });
    expect(judgeAnswer(ID, 204, { id: ID, result: {} })).toMatchObject({ kind: 'later' });
  });

  it('of a conflict has what is now; one of another shop is kept', () => {
    const conflict = { error: 'conflict', message: 'changed', current: { lines: 0 } };
    expect(judgeAnswer(ID, 409, conflict)).toMatchObject({ kind: 'conflict', current: { lines: 0 } });
    expect(judgeAnswer(ID, 409, { error: 'other-lineage', message: 'y' })).toMatchObject({
      kind: 'other-lineage',
    });
    expect(judgeAnswer(ID, 409, ours)).toMatchObject({ kind: 'later' });
  });

  it.each([400, 404, 413, 422])('%i is final with our body, and says nothing without it', (status) => {
    expect(judgeAnswer(ID, status, { ...ours, details: { a: 1 } })).toEqual({
      kind: 'refused',
      ...ours,
      details: { a: 1 },
    });
    expect(judgeAnswer(ID, status, ours)).toEqual({ kind: 'refused', ...ours });
    expect(judgeAnswer(ID, status, '<html>')).toMatchObject({ kind: 'later' });
  });

  it.each([401, 403, 408, 425, 429, 500, 502, 503, 504, 507])('%i is kept', (status) => {
    expect(judgeAnswer(ID, status, ours)).toMatchObject({ kind: 'later', status, error: 'x' });
  });
});
