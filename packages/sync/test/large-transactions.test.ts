import { expect, test } from 'vitest';
import { addBooks, ALL_BOOKS, isbn } from './shop-data.ts';
import { World } from './world/world.ts';

const SMALL_BATCHES = { bytes: 100_000, changes: 50 };

test('[ST-2] parts of a large transaction survive a restart of either side: none is sent twice', async () => {
  const world = new World(1, SMALL_BATCHES);
  const server = await world.server();
  const client = await world.offlineClient();
  addBooks(client, 0, 500);
  const expectedBatches = (500 * 7) / SMALL_BATCHES.changes;
  const parts = (): bigint => BigInt(server.replica.staging.of(client.replica.siteId)?.sequence ?? 0);

  client.handle({ type: 'start' });
  const frames = world.network.frames;
  await world.until(() => parts() > 500n);
  server.kill();
  const restarted = await world.server(server.disk.snapshotDurable());
  const held = restarted.replica.staging.of(client.replica.siteId);
  expect(held?.sequence).toBeGreaterThan(500);
  await world.until(() => (restarted.replica.staging.of(client.replica.siteId)?.sequence ?? 0) > 1_500);
  expect(restarted.all(ALL_BOOKS)).toHaveLength(0);
  client.kill();
  const reloaded = await world.client(client.disk.snapshotDurable());
  await world.until(() => reloaded.status === 'synced');

  expect(restarted.all(ALL_BOOKS)).toEqual(reloaded.all(ALL_BOOKS));
  expect(restarted.replica.staging.of(client.replica.siteId)).toBeUndefined();
  // A batch and its ack each, what was on its way at two cuts, and some pings.
  expect(world.network.frames - frames).toBeLessThan(expectedBatches * 2 + 80);
});

test('[ST-2] the same on the way down', async () => {
  const world = new World(1, SMALL_BATCHES);
  const server = await world.server();
  const client = await world.client();
  await world.until(() => client.status === 'synced');
  world.network.unplug(client);
  addBooks(server, 0, 500);
  world.network.plug(client);
  const lineage = server.replica.foundLineage();
  await world.until(() => (client.replica.staging.of(lineage)?.sequence ?? 0) > 1_000);
  client.kill();
  const reloaded = await world.client(client.disk.snapshotDurable());
  expect(reloaded.replica.staging.of(lineage)?.sequence).toBeGreaterThan(1_000);
  expect(reloaded.all(ALL_BOOKS)).toHaveLength(0);
  await world.until(() => reloaded.status === 'synced');
  expect(reloaded.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
});

test('[ST-2] a beginning is thrown away where the log has become another', async () => {
  const world = new World(1, SMALL_BATCHES);
  const server = await world.server();
  const client = await world.client();
  await world.until(() => client.status === 'synced');
  addBooks(server, 900, 901);
  await world.until(() => client.all(ALL_BOOKS).length === 1);
  const backup = server.disk.clone();
  world.network.unplug(client);
  addBooks(server, 0, 500);
  world.network.plug(client);
  const lineage = server.replica.foundLineage();
  await world.until(() => (client.replica.staging.of(lineage)?.sequence ?? 0) > 1_000);
  server.kill();
  const restored = await world.server(backup);
  addBooks(restored, 1_000, 1_500);
  await world.until(() => client.status === 'synced');
  expect(client.all(ALL_BOOKS)).toEqual(restored.all(ALL_BOOKS));
  expect(client.all(ALL_BOOKS)).toHaveLength(501);
  expect(client.all(`SELECT * FROM book WHERE isbn = '${isbn(0)}'`)).toHaveLength(0);
});

test('batches are compressed where both sides can', async () => {
  const world = new World();
  await world.server();
  const client = await world.client();
  await world.until(() => client.status === 'synced');
  const frames: Uint8Array[] = [];
  world.network.onFrame = (bytes) => frames.push(bytes);
  addBooks(client, 0, 500);
  await world.until(() => client.status === 'synced');
  const compressed = frames.filter((frame) => frame[0] === 10);
  expect(compressed.length).toBeGreaterThan(0);
  const sent = compressed.reduce((sum, frame) => sum + frame.length, 0);
  expect(sent).toBeLessThan(500 * 7 * 10);
});
