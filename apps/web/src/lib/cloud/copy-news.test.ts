import type { CloudStanding } from '@octavo/sync/state.ts';
import { describe, expect, test } from 'vitest';
import { answered, healthOfAnswer, nothingKnown, STATUS_HEADER, told } from './copy-news.ts';

const copy = { site: 'ab', version: 3, copiedAt: 1_000 };
const copied: CloudStanding = { state: 'copied', ...copy };
const failed: CloudStanding = { state: 'failed', ...copy, failure: 'unreachable' };
const retried: CloudStanding = { state: 'copying', ...copy, failing: 'unreachable' };

describe('whether the copy fails', () => {
  test('is what the protocol says, and while it is tried again it still does', () => {
    let known = told(nothingKnown, copied, 1);
    expect(known.health).toBe('well');
    known = told(known, failed, 2);
    expect(known.health).toBe('failing');
    known = told(known, retried, 3);
    expect(known.health).toBe('failing');
    expect(told(known, { ...copied, version: 4 }, 4).health).toBe('well');
    expect(told(known, { state: 'off' }, 4).health).toBe('well');
  });

  test('is what any answer says, whatever the protocol said before', () => {
    const failing = answered(told(nothingKnown, copied, 1), 'failing', 2);
    expect(failing.health).toBe('failing');
    expect(answered(failing, 'well', 3).health).toBe('well');
  });

  test('is not taken from an answer that was asked for before the protocol spoke', () => {
    const known = told(nothingKnown, failed, 10);
    expect(answered(known, 'well', 9).health).toBe('failing');
    expect(answered(known, 'well', 11).health).toBe('well');
  });

  test('is not said again by a state that repeats it', () => {
    const known = answered(told(nothingKnown, failed, 1), 'well', 2);
    expect(told(known, { ...failed }, 3).health).toBe('well');
    expect(told(known, { ...failed, version: 4 }, 3).health).toBe('failing');
  });

  test('stays as it was while nobody knows, as after a takeover', () => {
    const known = told(nothingKnown, failed, 1);
    expect(told(known, undefined, 2)).toEqual(known);
    expect(answered(known, 'unknown', 2)).toEqual(known);
  });
});

test('an answer without the header says that the copy is well, unless it is a refusal or may be a proxy’s', () => {
  const answer = (status: number, header?: string) =>
    healthOfAnswer({ status, headers: new Headers(header === undefined ? {} : { [STATUS_HEADER]: header }) });
  expect(answer(200)).toBe('well');
  expect(answer(404)).toBe('well');
  for (const status of [401, 403, 502]) expect(answer(status)).toBe('unknown');
  expect(answer(200, 'failed')).toBe('failing');
  expect(answer(502, 'failed')).toBe('failing');
});
