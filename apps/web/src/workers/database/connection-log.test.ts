import { closeCodes } from '@octavo/protocol/close-codes.ts';
import { expect, test } from 'vitest';
import { ConnectionLog } from './connection-log.ts';

function logAt() {
  const clock = { now: 1_000 };
  return { clock, log: new ConnectionLog(() => clock.now) };
}

test('a connection is followed from its beginning over its proof to its end', () => {
  const { clock, log } = logAt();
  log.asked({ type: 'connect', connection: 1 });
  clock.now = 1_020;
  log.heard({ type: 'opened', connection: 1 });
  log.asked({ type: 'send', connection: 1, frame: new Uint8Array(10) });
  log.heard({ type: 'frame', connection: 1, bytes: new Uint8Array(30) });
  log.asked({
    type: 'state',
    state: { status: 'synced', pending: 0, attention: 0, conflicts: 0, asOf: 1_015 },
  });
  clock.now = 9_000;
  log.heard({ type: 'closed', connection: 1, code: closeCodes.restarting, reason: 'Back soon.' });
  expect(log.records).toEqual([
    {
      connection: 1,
      begunAt: 1_000,
      openedAt: 1_020,
      endedAt: 9_000,
      received: 30,
      sent: 10,
      proven: true,
      end: { by: 'server', reason: 'restarting', words: 'Back soon.' },
    },
  ]);
  expect(log.lastProof).toBe(1_015);
});

test('what was closed from here ended for that reason, whatever the transport says later', () => {
  const { log } = logAt();
  log.asked({ type: 'connect', connection: 1 });
  log.asked({ type: 'close', connection: 1, code: closeCodes.silent, reason: 'silent' });
  log.heard({ type: 'closed', connection: 1, code: 1006, reason: '' });
  expect(log.records[0]?.end).toEqual({ by: 'device', reason: 'silent', words: '' });
});

test('the last ten are kept, newest first', () => {
  const { log } = logAt();
  for (let connection = 1; connection <= 12; connection += 1) log.asked({ type: 'connect', connection });
  expect(log.records.map(({ connection }) => connection)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
});
