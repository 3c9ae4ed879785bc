import { encodeFrame } from '@octavo/protocol/frame.ts';
import { closeReasonByCode } from '@octavo/protocol/close-codes.ts';
import { expect, test } from 'vitest';
import { addBooks, ALL_BOOKS, isbn } from './shop-data.ts';
import { newHello } from './world/new-hello.ts';
import { World } from './world/world.ts';

test('[QU-1] after a refused change, what is written here next is in the log', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  await world.until(() => client.status === 'synced');
  const refused = {
    table: 'book',
    key: Uint8Array.of(1, 0x0b, 1, 0x39),
    column: 'price',
    value: -1n,
    columnVersion: 1n,
    siteId: new Uint8Array(16).fill(9),
    causalLength: 1n,
    sequence: 0,
  };
  const options = { ownWork: false, acknowledged: undefined, record: () => undefined };
  server.replica.merger.merge([{ version: 1n, changes: [refused] }], options);
  expect(server.replica.quarantine.count()).toBe(1);
  addBooks(server, 0, 1);
  await world.until(() => client.all(ALL_BOOKS).length === 1, 5_000);
  expect(client.all(ALL_BOOKS)[0]).toMatchObject({ isbn: isbn(0) });
});

test('[HS-1] a hello whose positions contradict each other is malformed', async () => {
  const world = new World();
  const server = await world.server();
  addBooks(server, 0, 3);
  const contradictions = [
    { backfill: { since: 1, through: 2n ** 62n } },
    { backfill: { since: 0, through: 0n } },
    { cursor: 5n, horizon: 4n },
    { offer: { id: new Uint8Array(16), from: 9n, through: 3n } },
    { offer: { id: new Uint8Array(16), from: 0n, through: 3n } },
    { horizon: 2n ** 64n - 1n },
  ];
  for (const [index, contradiction] of contradictions.entries()) {
    server.opened(100 + index);
    server.frame(100 + index, encodeFrame(newHello(world.ground.schema, contradiction)));
    expect(closeReasonByCode(server.closes.at(-1)?.code ?? 0)).toBe('malformed');
  }
  expect(server.closes).toHaveLength(contradictions.length);
});

test('[OF-2] a large log of others is not gone through again and again to count what is pending', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  await world.until(() => client.status === 'synced');
  for (let number = 0; number < 600; number += 1) addBooks(server, number, number + 1);
  await world.until(() => client.status === 'synced' && client.all(ALL_BOOKS).length === 600);
  await world.pass(3_000);
  const position = server.replica.bookkeeping.peer(client.replica.siteId);
  expect(client.replica.head() - position.cursor).toBeLessThan(300n);
});
