import type { SyncState } from '@octavo/sync/state.ts';
import { expect, test } from 'vitest';
import {
  nextAttemptSentence,
  stuckCauses,
  syncAnnouncement,
  syncReason,
  syncSentence,
  syncWord,
} from './words.ts';

const stuck: SyncState = {
  status: 'stuck',
  pending: 5,
  attention: 0,
  conflicts: 0,
  diagnostics: { attempts: 3, code: 'unreachable', lastFailure: 'The server cannot be reached.' },
  nextAttempt: 20_000,
};

test('an outage says what waits, that it goes on by itself, and that nothing is lost', () => {
  expect(syncSentence(stuck)).toBe(
    'Not getting through: The server cannot be reached. 5 records on this device are waiting to be sent. Octavo keeps trying by itself; nothing is lost.',
  );
  expect(syncReason(stuck)).toBe('The server cannot be reached.');
});

test('the next attempt is counted down', () => {
  expect(nextAttemptSentence(stuck, 12_500)).toBe('The next attempt is in 8 seconds.');
  expect(nextAttemptSentence(stuck, 19_900)).toBe('Trying again now.');
});

test('off and offline are told apart', () => {
  expect(syncWord({ status: 'disconnected', pending: 0, attention: 0, conflicts: 0, cause: 'off' })).toBe(
    'Off',
  );
  expect(syncWord({ status: 'disconnected', pending: 0, attention: 0, conflicts: 0, cause: 'offline' })).toBe(
    'Offline',
  );
});

test('a refusal gives the server’s own words and its reason', () => {
  const refused: SyncState = {
    status: 'incompatible',
    pending: 1,
    attention: 0,
    conflicts: 0,
    reason: 'rebuilt',
    message: 'The server holds another shop.',
  };
  expect(syncSentence(refused)).toContain(
    'The server holds another shop. 1 record on this device is waiting',
  );
  expect(syncReason(refused)).toBe('rebuilt');
});

test('states on the way are not announced', () => {
  const progress = { bytes: 0, changes: 0, total: 0 };
  expect(
    syncAnnouncement({
      status: 'syncing',
      pending: 3,
      attention: 0,
      conflicts: 0,
      catchingUp: true,
      progress,
    }),
  ).toBe('');
  expect(syncAnnouncement({ status: 'synced', pending: 0, attention: 0, conflicts: 0, asOf: 0 })).toBe(
    'Remote DB: synced.',
  );
});

test('a full device is not blamed on the server', () => {
  expect(stuckCauses('own-disk-full').join(' ')).toMatch(/This device is full/);
  expect(stuckCauses('own-disk-full').join(' ')).not.toMatch(/server/);
  expect(stuckCauses('server-failed').join(' ')).toMatch(/its disk is full/);
});

test('the sentence of a green light does not claim what was put aside', () => {
  const synced = { status: 'synced', pending: 0, attention: 2, conflicts: 0, asOf: 0 } as const;
  expect(syncSentence(synced)).toBe(
    'Both sides have everything, except for 2 changes that could not be stored.',
  );
  expect(syncSentence({ ...synced, attention: 0 })).toMatch(/^Everything on this device is on the server/);
});
