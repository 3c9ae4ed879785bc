import type { Entry, EntryState, Rejected } from '@octavo/outbox/command.ts';
import { describe, expect, it } from 'vitest';
import { ageWords, differenceWords, failureKey, isFailure, reasonWords, rejectedWords } from './messages.ts';

const MINUTE = 60_000;
const destination = { server: 'ws://127.0.0.1:8080/sync', database: 'shop.sqlite3', lineage: 'a' };
const subject = { words: 'the order from Central Books', href: '/orders', seen: { copies: 3 } };

const entry = (state: EntryState): Entry => ({
  ...{ id: 'c', type: 't', destination, madeAt: 0, lane: 'l', subject, position: 1, state },
});
const waiting = (planned: number, kind: 'failed' | 'unreachable'): Entry =>
  entry({
    ...{ name: 'waiting', attempts: planned, planned, triedAt: 0, dueAt: 1 },
    reason: { kind, message: '' },
  });

describe('a failure', () => {
  it('is told after three planned attempts, and for want of a network only after all of them', () => {
    expect([1, 2, 3].map((planned) => isFailure(waiting(planned, 'failed')))).toEqual([false, false, true]);
    expect([1, 2, 3].map((planned) => isFailure(waiting(planned, 'unreachable')))).toEqual([
      false,
      false,
      false,
    ]);
    const reason = { kind: 'unreachable', message: '' } as const;
    expect(isFailure(entry({ name: 'exhausted', attempts: 4, planned: 4, triedAt: 0, reason }))).toBe(true);
    expect(isFailure(entry({ name: 'queued' }))).toBe(false);
  });

  it('that was hidden is told again when another attempt has failed', () => {
    expect(failureKey(waiting(3, 'failed'))).not.toBe(failureKey(waiting(4, 'failed')));
  });

  it('is explained by what the server said, or by what is known where it said nothing', () => {
    expect(reasonWords({ kind: 'failed', message: 'The disk is full.', status: 500 })).toBe(
      'The disk is full.',
    );
    expect(reasonWords({ kind: 'failed', message: '', status: 500 })).toBe(
      'The server could not do it (500).',
    );
    expect(reasonWords({ kind: 'unauthorized', message: '' })).toContain('Enter a valid access token');
  });
});

describe('a conflict', () => {
  const rejected: Rejected = {
    ...{ id: 'c', type: 't', destination, madeAt: 0, subject, kind: 'conflict', rejectedAt: 1, attempts: 1 },
    ...{ message: 'It has changed.', current: { copies: 1 }, shown: false },
  };

  it('says for what, and what is otherwise than it was seen', () => {
    expect(rejectedWords(rejected)).toBe(
      'Conflict detected for the order from Central Books. Server version restored. Please review changes.',
    );
    expect(differenceWords(rejected)).toBe('It has changed. You had seen 3 copies; now 1 copy is open.');
    expect(differenceWords({ ...rejected, current: { copies: 0 } })).toContain('nothing is open any more');
  });

  it('of which no more is known has the words of the server', () => {
    expect(differenceWords({ ...rejected, current: null })).toBe('It has changed.');
    expect(differenceWords({ ...rejected, kind: 'refused' })).toBe('');
  });
});

it('ages are said as people do', () => {
  expect([0, 5 * MINUTE, 119 * MINUTE, 72 * 60 * MINUTE].map(ageWords)).toEqual([
    'just now',
    '5 minutes ago',
    '1 hour ago',
    '3 days ago',
  ]);
});
