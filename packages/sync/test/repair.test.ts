import { encodeFrame } from '@octavo/protocol/frame.ts';
import { sameId } from '@octavo/protocol/identity.ts';
import { definitions } from '@octavo/protocol/messages.ts';
import { describe, expect, test } from 'vitest';
import { composeHello } from '../src/handshake.ts';
import { addBooks, ALL_BOOKS, isbn } from './shop-data.ts';
import type { ClientMachine, ServerMachine } from './world/machines.ts';
import { World } from './world/world.ts';

const REWIND = definitions.find(({ name }) => name === 'rewind')?.code;

const green = (...clients: ClientMachine[]): boolean => clients.every((client) => client.status === 'synced');

describe('[EP-3] a server restored from an older copy is repaired with no question asked', () => {
  test('and gets back what it had received from everybody, also from clients that are gone', async () => {
    const world = new World();
    const first = await world.server();
    const one = await world.client();
    const two = await world.client();
    addBooks(one, 0, 5);
    await world.until(() => green(one, two) && two.all(ALL_BOOKS).length === 5);
    const backup = first.disk.clone();

    addBooks(one, 5, 10);
    first.write((database) =>
      database.prepare('INSERT INTO book (isbn, title) VALUES (?, ?)').run(isbn(99), 'By an admin'),
    );
    await world.until(() => green(one, two) && two.all(ALL_BOOKS).length === 11);
    // The author of books 5 to 9 never comes back; only the one that received them does.
    one.kill();
    first.kill();

    const restored = await world.server(backup);
    expect(restored.all(ALL_BOOKS)).toHaveLength(5);
    await world.until(() => green(two) && two.notices.length > 0);
    expect(restored.all(ALL_BOOKS)).toEqual(two.all(ALL_BOOKS));
    expect(restored.all(ALL_BOOKS)).toHaveLength(11);
    // Five books of three cells and one of two.
    expect(two.notices).toEqual([{ kind: 'server-restored', returned: expect.any(Number) as number }]);
    expect(two.notices.some((notice) => notice.kind === 'server-restored' && notice.returned >= 17)).toBe(
      true,
    );
    expect(two.shown.every((state) => state.status !== 'incompatible')).toBe(true);
  });

  test('even if it has since moved past the version that the client had seen', async () => {
    const world = new World();
    const first = await world.server();
    const one = await world.client();
    const two = await world.client();
    addBooks(one, 0, 5);
    await world.until(() => green(one, two));
    const backup = first.disk.clone();
    for (let number = 5; number < 10; number += 1) addBooks(one, number, number + 1);
    await world.until(() => green(one, two) && two.all(ALL_BOOKS).length === 10);
    one.kill();
    world.network.unplug(two);
    first.kill();

    const restored = await world.server(backup);
    const three = await world.client();
    for (let number = 100; number < 150; number += 1) addBooks(three, number, number + 1);
    await world.until(() => green(three) && restored.all(ALL_BOOKS).length === 55);
    world.network.plug(two);
    await world.until(() => green(two, three) && three.all(ALL_BOOKS).length === 60);
    expect(two.all(ALL_BOOKS)).toEqual(restored.all(ALL_BOOKS));
    expect(three.all(ALL_BOOKS)).toEqual(restored.all(ALL_BOOKS));
  });

  test('[OF-1, OF-2] also when the offer is cut short, and green is not shown before it is through', async () => {
    const world = new World();
    const first = await world.server();
    const one = await world.client();
    const two = await world.client();
    addBooks(one, 0, 1);
    await world.until(() => green(one, two));
    const backup = first.disk.clone();
    for (let chunk = 1; chunk < 30; chunk += 1) addBooks(one, chunk * 100, chunk * 100 + 100);
    await world.until(() => green(one, two) && two.all(ALL_BOOKS).length === 2_901);
    one.kill();
    first.kill();

    const restored = await world.server(backup);
    for (let cut = 0; cut < 3; cut += 1) {
      const held = restored.all(ALL_BOOKS).length;
      await world.until(() => restored.all(ALL_BOOKS).length > held);
      world.network.unplug(two);
      expect(two.status).not.toBe('synced');
      expect(two.state.pending).toBeGreaterThan(0);
      await world.pass(500);
      world.network.plug(two);
    }
    await world.until(() => green(two));
    expect(restored.all(ALL_BOOKS)).toEqual(two.all(ALL_BOOKS));
    expect(two.notices).toHaveLength(1);
  });

  test('[OF-1] also when it is restored a second time after it has acknowledged, before the client has read that back', async () => {
    const world = new World();
    const first = await world.server();
    const client = await world.client();
    await world.until(() => green(client));
    const backup = first.disk.clone();
    // What the server wrote itself: nobody's log but its own would send it again.
    addBooks(first, 0, 5);
    await world.until(() => green(client) && client.all(ALL_BOOKS).length === 5);
    first.kill();

    client.onWelcomed = () => client.handle({ type: 'inflow', wanted: false });
    const second = await world.server(backup.clone());
    await world.until(() => second.all(ALL_BOOKS).length === 5);
    await world.pass(2_000);
    second.kill();
    client.kill();

    const third = await world.server(backup.clone());
    const again = await world.client(client.disk);
    await world.until(() => green(again));
    expect(third.all(ALL_BOOKS)).toEqual(again.all(ALL_BOOKS));
    expect(third.all(ALL_BOOKS)).toHaveLength(5);
  });

  test('also when it is restored a second time while the first repair is under way', async () => {
    const world = new World();
    const first = await world.server();
    const one = await world.client();
    addBooks(one, 0, 1);
    await world.until(() => green(one));
    const backup = first.disk.clone();
    for (let chunk = 1; chunk < 20; chunk += 1) addBooks(one, chunk * 100, chunk * 100 + 100);
    await world.until(() => green(one));
    first.kill();

    const second = await world.server(backup.clone());
    await world.until(() => second.all(ALL_BOOKS).length > 500);
    second.kill();
    const third = await world.server(backup.clone());
    await world.until(() => green(one));
    expect(third.all(ALL_BOOKS)).toEqual(one.all(ALL_BOOKS));
  });
});

describe('[ID-2] a client whose file was copied or put back goes on under a new identity', () => {
  async function withCopy(
    world: World,
  ): Promise<{ server: ServerMachine; client: ClientMachine; copy: ClientMachine['disk'] }> {
    const server = await world.server();
    const client = await world.client();
    addBooks(client, 0, 5);
    await world.until(() => green(client));
    await world.pass(1_000);
    return { server, client, copy: client.disk.clone() };
  }

  test('an older copy put back keeps its unsent work, and the rest comes from the server', async () => {
    const world = new World();
    const { server, client } = await withCopy(world);
    world.network.unplug(client);
    addBooks(client, 5, 7);
    const copy = client.disk.clone();
    world.network.plug(client);
    addBooks(client, 7, 10);
    await world.until(() => green(client));
    const identity = client.replica.siteId;
    client.kill();

    const restored = await world.client(copy);
    addBooks(restored, 20, 22);
    await world.until(() => green(restored) && restored.all(ALL_BOOKS).length === 12);
    expect(restored.replica.siteId).not.toEqual(identity);
    expect(server.all(ALL_BOOKS)).toEqual(restored.all(ALL_BOOKS));
    expect(restored.shown.every((state) => state.status !== 'incompatible')).toBe(true);
  });

  test('a clone that lives beside the original: both write, nothing is lost', async () => {
    const world = new World();
    const { server, client, copy } = await withCopy(world);
    const clone = await world.client(copy);
    for (let round = 0; round < 5; round += 1) {
      addBooks(client, 100 + round, 101 + round);
      addBooks(clone, 200 + round, 201 + round);
      await world.pass(700);
    }
    await world.until(
      () => green(client, clone) && client.all(ALL_BOOKS).length === 15 && clone.all(ALL_BOOKS).length === 15,
    );
    expect(client.replica.siteId).not.toEqual(clone.replica.siteId);
    expect(server.all(ALL_BOOKS)).toEqual(client.all(ALL_BOOKS));
    expect(clone.all(ALL_BOOKS)).toEqual(client.all(ALL_BOOKS));
  });

  test('a clone and the original that both have something to return to a restored server do so one after the other', async () => {
    const world = new World();
    const { server, client } = await withCopy(world);
    const backup = server.disk.clone();
    addBooks(client, 5, 10);
    await world.until(() => green(client));
    await world.pass(1_000);
    const clone = await world.offlineClient(client.disk.clone());
    server.kill();
    let rewinds = 0;
    world.network.onFrame = (bytes) => (rewinds += bytes[0] === REWIND ? 1 : 0);
    const restored = await world.server(backup);
    clone.handle({ type: 'start' });
    await world.until(() => green(client, clone) && restored.all(ALL_BOOKS).length === 10);
    expect(client.replica.siteId).not.toEqual(clone.replica.siteId);
    expect(rewinds).toBeLessThanOrEqual(3);
  });

  test('what comes late on an older connection does not end the newer one', async () => {
    const world = new World();
    const server = await world.server();
    const client = await world.offlineClient();
    const hello = encodeFrame({
      type: 'hello',
      ...composeHello(client.replica, { database: 'shop.sqlite3', token: undefined, compressions: [] }),
    });
    const [older, newer] = [1_001, 1_002];
    for (const connection of [older, newer]) server.opened(connection);
    server.frame(newer, hello);
    server.frame(older, hello);
    expect(server.closes).toMatchObject([{ connection: older, reason: 'superseded' }]);
    expect(server.connections).toBe(1);
  });

  test('a clone made before the original sent its last work: both copies of that work arrive as one', async () => {
    const world = new World();
    const { server, client } = await withCopy(world);
    world.network.unplug(client);
    addBooks(client, 5, 8);
    const clone = await world.offlineClient(client.disk.clone());
    world.network.plug(client);
    await world.until(() => green(client));
    addBooks(client, 8, 9);
    await world.until(() => green(client));
    clone.write((database) =>
      database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run('By the clone', isbn(6)),
    );
    clone.handle({ type: 'start' });
    await world.until(() => green(client, clone) && clone.all(ALL_BOOKS).length === 9);
    await world.pass(2_000);
    expect(server.all(ALL_BOOKS)[6]).toMatchObject({ title: 'By the clone' });
    expect(clone.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
    expect(client.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
  });
});

test('[LT-6] another shop under the same name is incompatible, and green is never shown in between', async () => {
  const world = new World();
  const first = await world.server();
  const client = await world.client();
  addBooks(client, 0, 3);
  await world.until(() => green(client));
  first.kill();
  const seen = client.shown.length;
  await world.server();
  await world.until(() => client.status === 'incompatible', 10_000);
  expect(client.state).toMatchObject({ status: 'incompatible', reason: 'rebuilt' });
  expect(client.shown.slice(seen).filter((state) => state.status === 'synced')).toEqual([]);
});

test('[ID-1] a copy that never heard of the server sends all of its work under its new identity', async () => {
  const world = new World();
  const first = await world.server();
  const original = await world.client();
  await world.until(() => original.status === 'synced');
  const backup = first.disk.clone();
  world.network.unplug(original);
  addBooks(original, 0, 2);
  // The copy sends the books and writes on; the original is told that the server holds them.
  const copy = await world.client(original.disk.clone());
  await world.until(() => copy.status === 'synced');
  addBooks(copy, 2, 3);
  await world.until(() => copy.status === 'synced');
  const { siteId } = original.replica;
  world.network.plug(original);
  await world.until(() => !sameId(original.replica.siteId, siteId) && original.status === 'synced');
  // The copy is lost, and with an older copy of the server the books.
  copy.kill();
  first.kill();
  const restored = await world.server(backup);
  await world.until(() => original.status === 'synced' && restored.all(ALL_BOOKS).length === 3);
});
