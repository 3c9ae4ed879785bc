import { expect, test } from 'vitest';
import { addBooks, ALL_BOOKS } from './shop-data.ts';
import type { ClientMachine } from './world/machines.ts';
import { World } from './world/world.ts';

/** A client that takes nothing in from its first welcome on, of a shop with twenty books. */
async function holdingClient(world: World): Promise<{ client: ClientMachine; backlogs: number[] }> {
  const other = await world.client();
  addBooks(other, 0, 20);
  await world.until(() => other.status === 'synced');
  const client = await world.offlineClient();
  const backlogs: number[] = [];
  client.onWelcomed = (backlog) => {
    backlogs.push(backlog);
    client.handle({ type: 'inflow', wanted: false });
  };
  client.handle({ type: 'start' });
  await world.until(() => backlogs.length > 0);
  return { client, backlogs };
}

test('what the server sends waits until it is wanted; what is written here goes out meanwhile', async () => {
  const world = new World();
  const server = await world.server();
  const { client, backlogs } = await holdingClient(world);
  addBooks(client, 100, 103);
  await world.until(() => server.all(ALL_BOOKS).length === 23 && client.state.pending === 0);
  await world.pass(30_000);
  expect(backlogs).toHaveLength(1);
  expect(backlogs[0]).toBeGreaterThan(20);
  expect(client.all(ALL_BOOKS)).toHaveLength(3);
  expect(client.state).toMatchObject({ status: 'syncing', catchingUp: true });

  client.handle({ type: 'inflow', wanted: true });
  await world.until(() => client.status === 'synced');
  expect(client.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
});

test('what was held comes again over the next connection', async () => {
  const world = new World();
  const server = await world.server();
  const { client, backlogs } = await holdingClient(world);
  world.network.unplug(client);
  await world.until(() => client.status !== 'syncing');
  client.onWelcomed = (backlog) => backlogs.push(backlog);
  world.network.plug(client);
  await world.until(() => client.status === 'synced');
  expect(backlogs[1]).toBe(backlogs[0]);
  expect(client.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
});
