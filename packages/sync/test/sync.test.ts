import { expect, test } from 'vitest';
import type { ClientMachine } from './world/machines.ts';
import { World } from './world/world.ts';

const isbn = (number: number): string => `978000000${String(number).padStart(4, '0')}`;

function addBooks(machine: Pick<ClientMachine, 'write'>, from: number, to: number): void {
  machine.write((database) => {
    const insert = database.prepare('INSERT INTO book (isbn, title, price) VALUES (?, ?, ?)');
    for (let number = from; number < to; number += 1) insert.run(isbn(number), `Book ${number}`, number);
  });
}

const books = 'SELECT * FROM book ORDER BY isbn';

test('what one browser writes appears in another, and both are green', async () => {
  const world = new World();
  const server = await world.server();
  const one = await world.client();
  const two = await world.client();
  one.handle({ type: 'start' });
  two.handle({ type: 'start' });
  addBooks(one, 0, 20);
  world.time.until(() => one.status === 'synced' && two.status === 'synced' && two.all(books).length === 20);
  expect(two.all(books)).toEqual(one.all(books));
  expect(server.all(books)).toEqual(one.all(books));
});

test('edits made by two browsers with no network are all there after they return', async () => {
  const world = new World();
  await world.server();
  const one = await world.client();
  const two = await world.client();
  for (const machine of [one, two]) machine.handle({ type: 'start' });
  addBooks(one, 0, 3);
  world.time.until(() => two.all(books).length === 3 && one.status === 'synced' && two.status === 'synced');

  for (const machine of [one, two]) world.network.unplug(machine);
  one.write((database) => database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run('Emma', isbn(0)));
  two.write((database) => database.prepare('UPDATE book SET price = ? WHERE isbn = ?').run(999, isbn(0)));
  one.write((database) => database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run('A', isbn(1)));
  two.write((database) => database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run('B', isbn(1)));
  one.write((database) => database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn(2)));
  addBooks(two, 100, 105);
  world.time.advance(20_000);
  expect(one.state).toMatchObject({ status: 'stuck', pending: 3 });
  expect(two.state).toMatchObject({ status: 'stuck', pending: 7 });

  for (const machine of [one, two]) world.network.plug(machine);
  world.time.until(() => one.status === 'synced' && two.status === 'synced');
  world.time.advance(2_000);
  expect(one.all(books)).toEqual(two.all(books));
  expect(one.all(books)).toHaveLength(7);
  expect(one.all(books)[0]).toMatchObject({ title: 'Emma', price: 999 });
});

test('[OF-2] pending counts distinct records, and survives a reload without a network', async () => {
  const world = new World();
  const server = await world.server();
  const { disk, client } = await clientWithDisk(world);
  client.handle({ type: 'start' });
  addBooks(client, 0, 10);
  world.time.until(() => client.status === 'synced');
  world.time.advance(1_000);
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
  const reloaded = await world.client(disk);
  expect(reloaded.state).toMatchObject({ status: 'disconnected', pending: 5 });
});

test('[AK-1] a server that comes back finds what it acknowledged, and the client goes on from there', async () => {
  const world = new World();
  const serverDisk = world.disk();
  const server = await world.server(serverDisk);
  const client = await world.client();
  client.handle({ type: 'start' });
  addBooks(client, 0, 500);
  world.time.until(() => client.status === 'synced');
  server.kill();
  addBooks(client, 500, 505);
  world.time.advance(5_000);
  expect(client.state).toMatchObject({ status: 'stuck', pending: 5 });

  const back = await world.server(serverDisk);
  expect(back.all(books)).toHaveLength(500);
  const bytes = world.network.bytes;
  world.time.until(() => client.status === 'synced', 3_000);
  expect(back.all(books)).toEqual(client.all(books));
  // Only the five new books travelled, not the five hundred.
  expect(world.network.bytes - bytes).toBeLessThan(4_000);
});

test('[ST-1] a backlog far larger than the window arrives whole, in bounded batches', async () => {
  const world = new World();
  const server = await world.server();
  const one = await world.client();
  const two = await world.client();
  for (let chunk = 0; chunk < 40; chunk += 1) addBooks(one, chunk * 200, chunk * 200 + 200);
  one.handle({ type: 'start' });
  world.time.until(() => one.status === 'synced');
  expect(server.all(books)).toHaveLength(8_000);
  two.handle({ type: 'start' });
  world.time.until(() => two.status === 'synced');
  expect(two.all(books)).toEqual(one.all(books));
});

test('[ST-2] a transaction larger than a batch appears whole or not at all', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  addBooks(client, 0, 5_000);
  client.handle({ type: 'start' });
  const seen = new Set<number>();
  world.time.until(() => {
    seen.add(server.all(books).length);
    return client.status === 'synced';
  });
  expect([...seen].sort((left, right) => left - right)).toEqual([0, 5_000]);
});

test('[ST-2] a cut in the middle of a large transaction loses nothing and shows nothing half', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  addBooks(client, 0, 5_000);
  client.handle({ type: 'start' });
  const frames = world.network.frames;
  world.time.until(() => world.network.frames > frames + 6);
  world.network.unplug(client);
  expect(server.all(books)).toHaveLength(0);
  world.time.advance(3_000);
  world.network.plug(client);
  world.time.until(() => client.status === 'synced');
  expect(server.all(books)).toEqual(client.all(books));
});

test('[V-1, V-2] no version is told that the log does not hold, whatever no-op writes did to the counter', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  client.handle({ type: 'start' });
  addBooks(client, 0, 1);
  world.time.until(() => client.status === 'synced');
  // cr-sqlite counts these up in memory only; the numbers are used again by the next real write.
  for (let round = 0; round < 5; round += 1)
    client.write((database) => database.exec('UPDATE book SET title = title'));
  world.time.advance(2_000);
  addBooks(client, 1, 2);
  addBooks(client, 2, 3);
  world.time.until(() => client.status === 'synced');
  expect(server.all(books)).toEqual(client.all(books));
});

test('[V-4] a row that comes back to life is the same everywhere', async () => {
  const world = new World();
  await world.server();
  const one = await world.client();
  const two = await world.client();
  const three = await world.client();
  const all = [one, two, three];
  for (const machine of all) machine.handle({ type: 'start' });
  addBooks(one, 0, 1);
  const level = (): boolean => all.every((machine) => machine.status === 'synced');
  world.time.until(() => level() && three.all(books).length === 1);
  world.network.unplug(three);
  one.write((database) => database.exec('DELETE FROM book'));
  world.time.until(() => two.all(books).length === 0);
  two.write((database) => database.prepare('INSERT INTO book (isbn, price) VALUES (?, 5)').run(isbn(0)));
  world.time.until(() => one.all(books).length === 1);
  world.network.plug(three);
  world.time.until(level);
  world.time.advance(2_000);
  expect(two.all(books)).toEqual(one.all(books));
  expect(three.all(books)).toEqual(one.all(books));
});

test('a change made at the server itself reaches every browser', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  client.handle({ type: 'start' });
  world.time.until(() => client.status === 'synced');
  server.write((database) =>
    database.prepare('INSERT INTO book (isbn, title) VALUES (?, ?)').run(isbn(1), 'Emma'),
  );
  world.time.until(() => client.all(books).length === 1, 1_000);
});

test('[EP-1] each opening that writes begins one epoch, and one that only reads begins none', async () => {
  const world = new World();
  const disk = world.disk();
  const first = await world.client(disk);
  addBooks(first, 0, 1);
  addBooks(first, 1, 2);
  expect(first.replica.epochs()).toHaveLength(1);
  first.kill();
  const second = await world.client(disk);
  expect(second.replica.epochs()).toHaveLength(1);
  second.write((database) => database.exec('UPDATE book SET title = title'));
  expect(second.replica.epochs()).toHaveLength(1);
  const head = second.replica.head();
  addBooks(second, 2, 3);
  expect(second.replica.epochs().map((epoch) => epoch.firstVersion)).toEqual([1n, head + 1n]);
});

test('[ID-2] a newer connection of the same replica ends the older one', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  client.handle({ type: 'start' });
  world.time.until(() => client.status === 'synced');
  // The client changes networks: its own side knows, the server still holds the old connection.
  world.network.silence(client);
  client.handle({ type: 'network', online: false });
  world.network.plug(client);
  client.handle({ type: 'network', online: true });
  world.time.until(() => client.status === 'synced');
  expect(server.connections).toBe(1);
});

async function clientWithDisk(
  world: World,
): Promise<{ disk: ReturnType<World['disk']>; client: ClientMachine }> {
  const disk = world.disk();
  return { disk, client: await world.client(disk) };
}
