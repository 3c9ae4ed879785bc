import { decodeDownstream } from '@octavo/protocol/frame.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import { expect, test } from 'vitest';
import { addBooks, ALL_BOOKS, isbn } from './shop-data.ts';
import { World } from './world/world.ts';

test('what one browser writes appears in another, and both are green', async () => {
  const world = new World();
  const server = await world.server();
  const one = await world.client();
  const two = await world.client();
  addBooks(one, 0, 20);
  await world.until(
    () => one.status === 'synced' && two.status === 'synced' && two.all(ALL_BOOKS).length === 20,
  );
  expect(two.all(ALL_BOOKS)).toEqual(one.all(ALL_BOOKS));
  expect(server.all(ALL_BOOKS)).toEqual(one.all(ALL_BOOKS));
});

test('edits made by two browsers with no network are all there after they return', async () => {
  const world = new World();
  await world.server();
  const one = await world.client();
  const two = await world.client();
  addBooks(one, 0, 3);
  await world.until(
    () => two.all(ALL_BOOKS).length === 3 && one.status === 'synced' && two.status === 'synced',
  );

  for (const machine of [one, two]) world.network.unplug(machine);
  one.write((database) => database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run('Emma', isbn(0)));
  two.write((database) => database.prepare('UPDATE book SET price = ? WHERE isbn = ?').run(999, isbn(0)));
  one.write((database) => database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run('A', isbn(1)));
  two.write((database) => database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run('B', isbn(1)));
  one.write((database) => database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn(2)));
  addBooks(two, 100, 105);
  await world.pass(20_000);
  expect(one.state).toMatchObject({ status: 'stuck', pending: 3 });
  expect(two.state).toMatchObject({ status: 'stuck', pending: 7 });

  for (const machine of [one, two]) world.network.plug(machine);
  await world.until(() => one.status === 'synced' && two.status === 'synced');
  await world.pass(2_000);
  expect(one.all(ALL_BOOKS)).toEqual(two.all(ALL_BOOKS));
  expect(one.all(ALL_BOOKS)).toHaveLength(7);
  expect(one.all(ALL_BOOKS)[0]).toMatchObject({ title: 'Emma', price: 999 });
});

test('[OF-2] pending counts distinct records, and survives a reload without a network', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  addBooks(client, 0, 10);
  await world.until(() => client.status === 'synced');
  await world.pass(1_000);
  server.kill();
  for (let number = 0; number < 5; number += 1) {
    client.write((database) =>
      database.prepare('UPDATE book SET price = price + 1 WHERE isbn = ?').run(isbn(number)),
    );
    client.write((database) =>
      database.prepare('UPDATE book SET title = title || ? WHERE isbn = ?').run('!', isbn(number)),
    );
  }
  expect(client.state.pending).toBe(5);
  client.kill();
  const reloaded = await world.offlineClient(client.disk);
  expect(reloaded.state).toMatchObject({ status: 'disconnected', pending: 5 });
});

test('[AK-1] a server that comes back finds what it acknowledged, and the client goes on from there', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  addBooks(client, 0, 500);
  await world.until(() => client.status === 'synced');
  server.kill();
  addBooks(client, 500, 505);
  await world.pass(5_000);
  expect(client.state).toMatchObject({ status: 'stuck', pending: 5 });

  const back = await world.server(server.disk);
  expect(back.all(ALL_BOOKS)).toHaveLength(500);
  const bytes = world.network.bytes;
  await world.until(() => client.status === 'synced', 3_000);
  expect(back.all(ALL_BOOKS)).toEqual(client.all(ALL_BOOKS));
  // Only the five new books travelled, not the five hundred.
  expect(world.network.bytes - bytes).toBeLessThan(4_000);
});

test('[ST-1] a backlog far larger than the window arrives whole, in bounded batches', async () => {
  const world = new World();
  const server = await world.server();
  const one = await world.offlineClient();
  const two = await world.offlineClient();
  for (let chunk = 0; chunk < 40; chunk += 1) addBooks(one, chunk * 200, chunk * 200 + 200);
  one.handle({ type: 'start' });
  await world.until(() => one.status === 'synced');
  expect(server.all(ALL_BOOKS)).toHaveLength(8_000);
  two.handle({ type: 'start' });
  await world.until(() => two.status === 'synced');
  expect(two.all(ALL_BOOKS)).toEqual(one.all(ALL_BOOKS));
});

test('[ST-2] a transaction larger than a batch appears whole or not at all', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.offlineClient();
  addBooks(client, 0, 5_000);
  client.handle({ type: 'start' });
  const seen = new Set<number>();
  await world.until(() => {
    seen.add(server.all(ALL_BOOKS).length);
    return client.status === 'synced';
  });
  expect([...seen].sort((left, right) => left - right)).toEqual([0, 5_000]);
});

test('[ST-2] a cut in the middle of a large transaction loses nothing and shows nothing half', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.offlineClient();
  addBooks(client, 0, 5_000);
  client.handle({ type: 'start' });
  const frames = world.network.frames;
  await world.until(() => world.network.frames > frames + 6);
  world.network.unplug(client);
  expect(server.all(ALL_BOOKS)).toHaveLength(0);
  await world.pass(3_000);
  world.network.plug(client);
  await world.until(() => client.status === 'synced');
  expect(server.all(ALL_BOOKS)).toEqual(client.all(ALL_BOOKS));
});

test('[V-1, V-2] no version is told that the log does not hold, whatever no-op writes did to the counter', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  addBooks(client, 0, 1);
  await world.until(() => client.status === 'synced');
  // cr-sqlite counts these up in memory only; the numbers are used again by the next real write.
  for (let round = 0; round < 5; round += 1)
    client.write((database) => database.exec('UPDATE book SET title = title'));
  await world.pass(2_000);
  addBooks(client, 1, 2);
  addBooks(client, 2, 3);
  await world.until(() => client.status === 'synced');
  expect(server.all(ALL_BOOKS)).toEqual(client.all(ALL_BOOKS));
});

test('[V-4] a row that comes back to life is the same everywhere', async () => {
  const world = new World();
  await world.server();
  const one = await world.client();
  const two = await world.client();
  const three = await world.client();
  const all = [one, two, three];
  addBooks(one, 0, 1);
  const level = (): boolean => all.every((machine) => machine.status === 'synced');
  await world.until(() => level() && three.all(ALL_BOOKS).length === 1);
  world.network.unplug(three);
  one.write((database) => database.exec('DELETE FROM book'));
  await world.until(() => two.all(ALL_BOOKS).length === 0);
  two.write((database) => database.prepare('INSERT INTO book (isbn, price) VALUES (?, 5)').run(isbn(0)));
  await world.until(() => one.all(ALL_BOOKS).length === 1);
  world.network.plug(three);
  await world.until(level);
  await world.pass(2_000);
  expect(two.all(ALL_BOOKS)).toEqual(one.all(ALL_BOOKS));
  expect(three.all(ALL_BOOKS)).toEqual(one.all(ALL_BOOKS));
});

test('[V-4] the author of a cell that a resurrection zeroed elsewhere gets it back', async () => {
  const world = new World();
  const server = await world.server();
  const author = await world.client();
  const other = await world.client();
  const level = (): boolean => author.status === 'synced' && other.status === 'synced';
  addBooks(author, 0, 1);
  await world.until(() => level() && other.all(ALL_BOOKS).length === 1);
  world.network.unplug(author);
  // The server never sees the row dead, so the title survives there, under its old author.
  other.write((database) => {
    database.exec('DELETE FROM book');
    database.prepare('INSERT INTO book (isbn, authors) VALUES (?, ?)').run(isbn(0), 'Austen');
  });
  await world.until(() => server.all(ALL_BOOKS)[0]?.['authors'] === 'Austen');
  // Its author sees it dead.
  author.write((database) => database.exec('DELETE FROM book'));
  world.network.plug(author);
  await world.until(level);
  await world.pass(2_000);
  expect(author.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
  expect(other.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
});

test('a change made at the server itself reaches every browser', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  await world.until(() => client.status === 'synced');
  server.write((database) =>
    database.prepare('INSERT INTO book (isbn, title) VALUES (?, ?)').run(isbn(1), 'Emma'),
  );
  await world.until(() => client.all(ALL_BOOKS).length === 1, 1_000);
});

test('[EP-1] each opening that writes begins one epoch, and one that only reads begins none', async () => {
  const world = new World();
  const first = await world.offlineClient();
  addBooks(first, 0, 1);
  addBooks(first, 1, 2);
  expect(first.replica.epochs()).toHaveLength(1);
  first.kill();
  const second = await world.offlineClient(first.disk);
  expect(second.replica.epochs()).toHaveLength(1);
  second.write((database) => database.exec('UPDATE book SET title = title'));
  expect(second.replica.epochs()).toHaveLength(1);
  const head = second.replica.head();
  addBooks(second, 2, 3);
  expect(second.replica.epochs().map((epoch) => epoch.firstVersion)).toEqual([1n, head + 1n]);
});

test('[EP-1] whoever sends from within the notice of a commit sends the epoch with it', async () => {
  const world = new World();
  await world.server();
  const client = await world.client();
  await world.until(() => client.status === 'synced');
  client.replica.database.onCommit(() => client.handle({ type: 'committed' }));
  client.replica.write(() => client.replica.database.exec(`INSERT INTO book (isbn) VALUES ('${isbn(1)}')`));
  await world.until(() => client.status === 'synced');
  const { siteId } = client.replica;
  client.kill();
  // A server that was not told of the epoch would take the client for a copy.
  const reloaded = await world.client(client.disk);
  await world.until(() => reloaded.status === 'synced');
  expect(reloaded.replica.siteId).toEqual(siteId);
});

test('[EP-1] a write that is rolled back begins no epoch', async () => {
  const world = new World();
  const client = await world.offlineClient();
  expect(() => {
    client.write((database) => {
      database.exec(`INSERT INTO book (isbn) VALUES ('${isbn(1)}')`);
      throw new Error('Never mind.');
    });
  }).toThrow('Never mind.');
  expect(client.replica.epochs()).toEqual([]);
  addBooks(client, 1, 2);
  expect(client.replica.epochs()).toHaveLength(1);
});

test('[ID-2] a newer connection of the same replica ends the older one', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  await world.until(() => client.status === 'synced');
  // The client changes networks: its own side knows, the server still holds the old connection.
  world.network.silence(client);
  client.handle({ type: 'network', online: false });
  world.network.plug(client);
  client.handle({ type: 'network', online: true });
  await world.until(() => client.status === 'synced');
  expect(server.connections).toBe(1);
});

test('[LT-7] a machine that was too busy to read what came does not conclude that nothing came', async () => {
  const world = new World();
  await world.server();
  const client = await world.client();
  await world.until(() => client.status === 'synced');
  const { connections } = world.network;
  for (let times = 0; times < 3; times += 1) {
    const { frames } = world.network;
    await world.until(() => world.network.frames > frames);
    // A ping is on its way, and nobody looks when its answer comes.
    client.freeze(20_000);
    await world.pass(22_000);
    expect(client.status).toBe('synced');
  }
  expect(world.network.connections).toBe(connections);
});

test('[LT-7] where time is kept seldom, a dead connection is still given up', async () => {
  const world = new World();
  await world.server();
  const client = await world.client();
  await world.until(() => client.status === 'synced');
  const { connections } = world.network;
  world.network.silence(client);
  for (let minutes = 0; minutes < 3; minutes += 1) {
    client.freeze(60_000);
    await world.pass(60_000);
  }
  await world.pass(1_000);
  expect(world.network.connections).toBeGreaterThan(connections);
});

test('[ST-4] news that finds earlier news on its way goes out with what follows, and a backlog begins slowly', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  await world.until(() => client.status === 'synced');
  client.freeze(4_000);
  const { frames } = world.network;
  for (let number = 0; number < 100; number += 1) addBooks(server, number, number + 1);
  await world.pass(3_000);
  // Two batches, and nothing else: this client has not acknowledged any.
  expect(world.network.frames - frames).toBe(2);
  await world.until(() => client.all(ALL_BOOKS).length === 100);
  // What waited came as one.
  expect(world.network.frames - frames).toBeLessThan(12);
});

test('[ST-4] a backlog begins with two batches on their way, the first of a connection and every later one', async () => {
  const world = new World();
  const server = await world.server();
  let batches = 0;
  world.network.onFrame = (frame) => (batches += isBatch(frame) ? 1 : 0);
  const fill = (from: number) => {
    for (let slice = from; slice < from + 3_000; slice += 100) addBooks(server, slice, slice + 100);
  };
  fill(0);
  const client = await world.offlineClient();
  client.onWelcomed = () => client.freeze(4_000);
  client.handle({ type: 'start' });
  await world.pass(3_000);
  expect(batches).toBe(2);
  await world.until(() => client.status === 'synced');
  expect(batches).toBeGreaterThan(8);

  // Once two with news are on their way, the rest has become a backlog.
  client.freeze(4_000);
  batches = 0;
  fill(3_000);
  await world.pass(3_000);
  expect(batches).toBe(2);
  await world.until(() => client.all(ALL_BOOKS).length === server.all(ALL_BOOKS).length);
});

function isBatch(frame: Uint8Array): boolean {
  try {
    return decodeDownstream(frame).type === 'batch';
  } catch (error) {
    // What goes the other way.
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}
