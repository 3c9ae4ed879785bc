import { encodeFrame } from '@octavo/protocol/frame.ts';
import { expect, test } from 'vitest';
import { SyncRecorder } from './sync-recorder.ts';

const counts = { pending: 0, attention: 0, conflicts: 0 } as const;

test('messages are remembered by kind, size and time, and never by what is in them', () => {
  let now = 1;
  const recorder = new SyncRecorder(() => now);
  const frame = encodeFrame({ type: 'ping', nonce: 1 });
  recorder.asked({ type: 'connect', connection: 1 });
  recorder.heard({ type: 'opened', connection: 1 });
  now = 2;
  recorder.asked({ type: 'send', connection: 1, frame });
  recorder.heard({ type: 'closed', connection: 1, code: 1006, reason: 'the shop’s secret' });
  expect(recorder.record.events).toEqual([
    { at: 1, until: 1, times: 1, connection: 1, what: 'connect', kind: '', bytes: 0 },
    { at: 1, until: 1, times: 1, connection: 1, what: 'opened', kind: '', bytes: 0 },
    { at: 2, until: 2, times: 1, connection: 1, what: 'sent', kind: 'ping', bytes: frame.length },
    { at: 2, until: 2, times: 1, connection: 1, what: 'closed-there', kind: '1006', bytes: 0 },
  ]);
});

test('an hour of heartbeats pushes nothing out', () => {
  let now = 0;
  const recorder = new SyncRecorder(() => now);
  recorder.asked({ type: 'connect', connection: 1 });
  for (now = 1; now <= 3600; now += 1) {
    recorder.asked({ type: 'send', connection: 1, frame: new Uint8Array([6, 1]) });
    recorder.heard({ type: 'frame', connection: 1, bytes: new Uint8Array([7, 1, 0, 0, 0]) });
  }
  const { events } = recorder.record;
  expect(events.map(({ what, kind, times }) => [what, kind, times])).toEqual([
    ['connect', '', 1],
    ['sent', 'ping', 3600],
    ['received', 'pong', 3600],
  ]);
  expect(events[2]).toMatchObject({ at: 1, until: 3600, bytes: 18_000 });
});

test('only the newest are kept', () => {
  const recorder = new SyncRecorder(() => 0);
  for (let connection = 1; connection <= 500; connection += 1) {
    recorder.asked({ type: 'connect', connection });
    const status = connection % 2 === 0 ? 'connecting' : 'incompatible';
    if (status === 'connecting') recorder.entered({ ...counts, status });
    else recorder.entered({ ...counts, status, reason: 'rebuilt', message: '' });
  }
  expect(recorder.record.events).toHaveLength(200);
  expect(recorder.record.events.at(-1)?.connection).toBe(500);
  expect(recorder.record.timeline).toHaveLength(200);
});

test('a state is remembered when it begins, not each time that it is told', () => {
  let now = 1;
  const recorder = new SyncRecorder(() => now);
  for (const asOf of [1, 2, 3]) {
    now = asOf;
    recorder.asked({ type: 'state', state: { ...counts, status: 'synced', asOf } });
  }
  recorder.asked({ type: 'state', state: { ...counts, status: 'disconnected', cause: 'off' } });
  expect(recorder.record.timeline).toEqual([
    { at: 1, status: 'synced', detail: '', pending: 0 },
    { at: 3, status: 'disconnected', detail: 'off', pending: 0 },
  ]);
});
