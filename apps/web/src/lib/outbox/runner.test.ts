import { MemoryStore } from '@octavo/outbox/memory-store.ts';
import type { ReplayPorts } from '@octavo/outbox/replay.ts';
import type { Delivery } from '@octavo/outbox/settle.ts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { OutboxRunner } from './runner.ts';

const shop = { server: 'ws://127.0.0.1/sync', database: 'shop.sqlite3', lineage: 'a' };
const failed: Delivery = { kind: 'later', status: 500, error: 'internal', message: '' };
const notYet: Delivery = { kind: 'later', status: 425, error: 'not-yet', message: '' };

let store: MemoryStore;
let attempts: number;
let online: boolean;
let answer: () => Delivery | Promise<Delivery>;
let runner: OutboxRunner;
let faults: unknown[];

beforeEach(async () => {
  vi.useFakeTimers();
  [store, attempts, online, faults, answer] = [new MemoryStore(), 0, true, [], () => failed];
  await store.add({
    ...{ id: 'c', type: 't', payload: {}, destination: shop, madeAt: 0, lane: 'l' },
    subject: { words: 'c', href: '/' },
  });
  const ports: ReplayPorts = {
    store,
    here: () => Promise.resolve(shop),
    send: () => {
      attempts += 1;
      return Promise.resolve(answer());
    },
    alone: (run) => run(),
    now: () => Date.now(),
    onProgress: () => undefined,
    onChange: () => undefined,
  };
  runner = new OutboxRunner({
    ports,
    online: () => online,
    onEnd: ({ nextDueAt }) => runner.arm(nextDueAt),
    onFault: (error) => faults.push(error),
  });
});
afterEach(() => {
  runner.close();
  vi.useRealTimers();
});

it('tries again by itself when the time has come', async () => {
  await runner.run('due');
  await vi.advanceTimersByTimeAsync(59_999);
  expect(attempts).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(attempts).toBe(2);
  await vi.advanceTimersByTimeAsync(5 * 60_000 + 15 * 60_000);
  expect(attempts).toBe(4);
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  expect(attempts).toBe(4);
  expect(faults).toEqual([]);
});

it('tries nothing without a network, unless somebody asks for it', async () => {
  online = false;
  await runner.run('automatic');
  runner.arm(0);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(attempts).toBe(0);
  await runner.run('manual');
  expect(attempts).toBe(1);
});

it('what was being tried while the server got the last rows is tried once more', async () => {
  const answers = Promise.withResolvers<Delivery>();
  answer = () => (attempts === 1 ? answers.promise : { kind: 'done', result: {} });
  const first = runner.run('automatic');
  const level = runner.run('level');
  answers.resolve(notYet);
  await Promise.all([first, level]);
  expect(attempts).toBe(2);
  expect(await store.entries()).toEqual([]);
});

it('a run that fails is told, and the next one goes on', async () => {
  answer = () => {
    throw new Error('No disk.');
  };
  await runner.run('due');
  expect(faults).toHaveLength(1);
  answer = () => ({ kind: 'done', result: {} });
  await runner.run('due');
  expect(await store.entries()).toEqual([]);
});
