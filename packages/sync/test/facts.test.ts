import { expect, test } from 'vitest';
import { addBooks, ALL_BOOKS } from './shop-data.ts';
import { World } from './world/world.ts';

test("the facts behind the light are the server's last words and what is here, also after the connection is gone", async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  expect(client.facts.serverHead).toBeUndefined();
  addBooks(server, 0, 3);
  await world.until(() => client.status === 'synced' && client.all(ALL_BOOKS).length === 3);
  expect(client.facts).toMatchObject({ serverHead: server.replica.head(), cursor: server.replica.head() });
  expect(client.facts.pendingByTable.size).toBe(0);

  world.network.unplug(client);
  addBooks(client, 10, 12);
  await world.until(() => client.status === 'stuck');
  expect(client.state).toMatchObject({ diagnostics: { code: 'unreachable' } });
  expect(client.facts.serverHead).toBe(server.replica.head());
  expect(client.facts.acknowledged).toBeLessThan(client.facts.head);
  expect([...client.facts.pendingByTable]).toEqual([['book', 2]]);

  world.network.plug(client);
  await world.until(() => client.status === 'synced' && client.state.pending === 0);
  expect(client.facts.acknowledged).toBe(client.facts.head);
});

test('a server that hangs is told from one that cannot be reached', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  await world.until(() => client.status === 'synced');
  server.powerOff();
  await world.until(() => client.status === 'stuck');
  expect(client.state).toMatchObject({ diagnostics: { code: 'silent' } });
});
