import { MemoryStore } from '@octavo/outbox/memory-store.ts';
import type { ReplayPorts } from '@octavo/outbox/replay.ts';
import type { Delivery } from '@octavo/outbox/settle.ts';
import { beforeEach, expect, it } from 'vitest';
import type { OutboxNews } from './news.ts';
import { runOnSyncEvent } from './sync-event.ts';

const shop = { server: 'ws://127.0.0.1/sync', database: 'shop.sqlite3', lineage: 'a' };
const well: Delivery = { kind: 'done', result: {} };

let store: MemoryStore;
let sent: string[];
let news: OutboxNews[];
let asked: number;
let now: number;
let answer: (id: string) => Delivery;
beforeEach(() => {
  store = new MemoryStore();
  [sent, news, asked, now, answer] = [[], [], 0, 1_000_000, () => well];
});

const tell = (each: OutboxNews) => void news.push(each);
const ports = (): ReplayPorts => ({
  store,
  here: () => Promise.resolve(shop),
  send: ({ id }) => {
    sent.push(id);
    return Promise.resolve(answer(id));
  },
  alone: (run) => run(),
  now: () => (now += 1),
  onProgress: (progress) => tell({ type: 'SYNC_PROGRESS', ...progress }),
  onChange: () => undefined,
});

const event = () =>
  runOnSyncEvent(ports(), {
    again: () => Promise.resolve((asked += 1) > 0),
    tell,
  });

async function queue(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `c${index}`);
  for (const id of ids) {
    await store.add({
      ...{ id, type: 't', payload: {}, destination: shop, madeAt: 0, lane: id },
      subject: { words: id, href: '/' },
    });
  }
  return ids;
}

it('sends ten at each event, asks to be woken again for the rest, and counts on', async () => {
  const ids = await queue(25);
  for (const many of [10, 20, 25]) {
    await event();
    expect(sent).toEqual(ids.slice(0, many));
  }
  expect(asked).toBe(2);
  expect(news.filter(({ type }) => type === 'SYNC_PROGRESS')).toEqual(
    ids.map((_, index) => ({ type: 'SYNC_PROGRESS', current: index + 1, total: 25 })),
  );
  expect(news.at(-1)).toEqual({ type: 'SYNC_ENDED', done: 5, kept: 0 });
});

it('what has failed for good does not keep it from the rest, nor is it tried in every event', async () => {
  const ids = await queue(12);
  answer = () => ({ kind: 'other-lineage', message: '' });
  await event();
  await event();
  expect(sent).toEqual(ids);
  expect(asked).toBe(1);
});

it('fails where something is to be tried later, so that the browser wakes it by itself', async () => {
  await queue(2);
  answer = () => ({ kind: 'later', status: 500, error: 'internal', message: '' });
  await expect(event()).rejects.toThrow('Not everything could be sent.');
  expect(sent).toHaveLength(2);
});
