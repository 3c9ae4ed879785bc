import type { ClientEffect, ClientEvent } from '@octavo/sync/client/events.ts';
import type { SyncState } from '@octavo/sync/state.ts';
import { expect, test } from 'vitest';
import { SyncShell } from './sync-shell.ts';

/** A machine that answers each kind of event with what the test says, and remembers what it was told. */
function shellAround(answers: { [Type in ClientEvent['type']]?: () => ClientEffect[] }) {
  const heard: string[] = [];
  const states: SyncState[] = [];
  const faults: unknown[] = [];
  const wakes: number[] = [];
  let cancelled = 0;
  const shell = new SyncShell({
    machine: {
      handle: (event) => {
        heard.push(event.type);
        return answers[event.type]?.() ?? [];
      },
    },
    connect: () => {
      throw new SyntaxError('not an address');
    },
    scheduler: {
      after: (milliseconds) => {
        wakes.push(milliseconds);
        return () => (cancelled += 1);
      },
    },
    now: () => 1_000,
    onState: (state) => states.push(state),
    onNotice: () => undefined,
    onRetired: () => undefined,
    onFault: (fault) => faults.push(fault),
  });
  return { shell, heard, states, faults, wakes, cancelled: () => cancelled };
}

test('an event that comes while another is handled waits for its turn', () => {
  const { shell, heard } = shellAround({
    frame: () => {
      shell.handle({ type: 'committed' });
      shell.handle({ type: 'committed' });
      heard.push('frame is done');
      return [];
    },
  });
  shell.handle({ type: 'frame', connection: 1, bytes: new Uint8Array() });
  expect(heard).toEqual(['frame', 'frame is done', 'committed']);
});

test('an address that is none is a connection that never came up', () => {
  const { shell, heard, faults } = shellAround({ start: () => [{ type: 'connect', connection: 1 }] });
  shell.handle({ type: 'start' });
  expect(heard).toEqual(['start', 'closed']);
  expect(faults).toEqual([]);
});

test('there is one timer, and the last wish counts', () => {
  const { shell, wakes, cancelled } = shellAround({
    start: () => [{ type: 'wake', at: 1_500 }],
    stop: () => [{ type: 'wake', at: undefined }],
  });
  shell.handle({ type: 'start' });
  shell.handle({ type: 'stop' });
  expect(wakes).toEqual([500]);
  expect(cancelled()).toBe(1);
});

test('a machine that fails is reported and not asked again', () => {
  const fault = new Error('a bug');
  const { shell, heard, faults } = shellAround({
    start: () => {
      throw fault;
    },
  });
  shell.handle({ type: 'start' });
  shell.handle({ type: 'retry' });
  expect(faults).toEqual([fault]);
  expect(heard).toEqual(['start']);
});
