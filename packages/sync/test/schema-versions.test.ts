import { schema } from '@octavo/shop/schema.ts';
import { describe, expect, test } from 'vitest';
import type { ClientMachine } from './world/machines.ts';
import { addBooks, ALL_BOOKS, isbn } from './shop-data.ts';
import { upgradedSchema } from './world/upgraded-schema.ts';
import { World } from './world/world.ts';

const OLD_COLUMNS = 'SELECT isbn, title, price FROM book ORDER BY isbn';

const shelve =
  (number: number, shelf: string): Parameters<ClientMachine['write']>[0] =>
  (database) =>
    database.prepare('UPDATE book SET shelf = ? WHERE isbn = ?').run(shelf, isbn(number));

describe('[HS-2] a client of an older schema', () => {
  test('is served what it knows, and uploads', async () => {
    const world = new World();
    const server = await world.server(undefined, upgradedSchema);
    const older = await world.client(undefined, schema);
    const newer = await world.client(undefined, upgradedSchema);
    addBooks(newer, 0, 3);
    newer.write(shelve(0, 'A'));
    newer.write((database) => database.exec("INSERT INTO event (id, title) VALUES ('e', 'Reading')"));
    addBooks(older, 10, 12);
    await world.until(() => older.status === 'synced' && newer.status === 'synced');
    await world.pass(2_000);
    expect(older.all(OLD_COLUMNS)).toHaveLength(5);
    expect(older.all(OLD_COLUMNS)).toEqual(newer.all(OLD_COLUMNS));
    expect(server.all(ALL_BOOKS)).toEqual(newer.all(ALL_BOOKS));
    expect(older.replica.quarantine.count()).toBe(0);
  });

  test('is filled in after its upgrade with just what it lacked, and is not green before', async () => {
    const world = new World();
    const server = await world.server(undefined, upgradedSchema);
    const older = await world.client(undefined, schema);
    addBooks(older, 0, 2_000);
    await world.until(() => older.status === 'synced');
    server.write(shelve(7, 'A'));
    server.write((database) => database.exec("INSERT INTO event (id, title) VALUES ('e', 'Reading')"));
    await world.until(() => older.status === 'synced');
    await world.pass(2_000);
    older.kill();

    const bytes = world.network.bytes;
    const upgraded = await world.client(older.disk.clone(), upgradedSchema);
    upgraded.onShown = () => {
      if (upgraded.status === 'synced') expect(upgraded.all('SELECT * FROM event')).toHaveLength(1);
    };
    await world.until(() => upgraded.status === 'synced');
    expect(upgraded.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
    expect(upgraded.all('SELECT shelf FROM book WHERE shelf IS NOT NULL')).toEqual([{ shelf: 'A' }]);
    expect(world.network.bytes - bytes).toBeLessThan(2_000);
    expect(upgraded.replica.backfills.of(server.replica.foundLineage())).toBeUndefined();
  });

  test('goes on being filled in after a cut, from where it was', async () => {
    const world = new World(1, { bytes: 100_000, changes: 10 });
    const server = await world.server(undefined, upgradedSchema);
    const older = await world.client(undefined, schema);
    await world.until(() => older.status === 'synced');
    for (let number = 0; number < 300; number += 1)
      server.write((database) =>
        database.prepare('INSERT INTO event (id, title) VALUES (?, ?)').run(String(number), 'Reading'),
      );
    addBooks(server, 0, 1);
    await world.until(() => older.status === 'synced' && older.all(ALL_BOOKS).length === 1);
    await world.pass(2_000);
    older.kill();

    const upgraded = await world.client(older.disk.clone(), upgradedSchema);
    const events = (): number => Number(upgraded.all('SELECT count(*) AS n FROM event')[0]?.['n']);
    await world.until(() => events() >= 100);
    world.network.unplug(upgraded);
    const lineage = server.replica.foundLineage();
    const reached = upgraded.replica.backfills.of(lineage)?.through;
    expect(reached).toBeGreaterThan(0n);
    upgraded.kill();
    const again = await world.client(upgraded.disk.clone(), upgradedSchema);
    expect(again.replica.backfills.of(lineage)).toEqual({ since: schema.version, through: reached });
    await world.until(() => again.status === 'synced');
    expect(again.all('SELECT count(*) AS n FROM event')).toEqual([{ n: 300 }]);
  });

  test.each([
    ['a row', 1],
    // A transaction beyond what is read once for all clients is read for each alone.
    ['rows by the hundred', 400],
  ])(
    '[V-4] %s that it rewrites keeps elsewhere what it does not know, also at the author of that',
    async (_, rows) => {
      const world = new World();
      const server = await world.server(undefined, upgradedSchema);
      const older = await world.client(undefined, schema);
      const author = await world.client(undefined, upgradedSchema);
      addBooks(author, 0, rows);
      for (let number = 0; number < rows; number += 1) author.write(shelve(number, 'A'));
      await world.until(() => author.status === 'synced' && older.all(OLD_COLUMNS).length === rows);
      await world.pass(1_000);
      world.network.unplug(author);
      // The server never sees the rows dead: the shelves survive there, zeroed, under their author.
      older.write((database) => {
        database.exec('DELETE FROM book');
        const insert = database.prepare("INSERT INTO book (isbn, title) VALUES (?, 'Emma')");
        for (let number = 0; number < rows; number += 1) insert.run(isbn(number));
      });
      await world.until(() => server.all(OLD_COLUMNS).at(-1)?.['title'] === 'Emma');
      // Their author sees them dead, and has no shelf for them any more.
      author.write((database) => database.exec('DELETE FROM book'));
      world.network.plug(author);
      await world.until(() => author.status === 'synced');
      await world.pass(2_000);
      expect(server.all(ALL_BOOKS).at(-1)).toMatchObject({ title: 'Emma', shelf: 'A' });
      expect(author.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
    },
  );
});

test('[HS-2] a client of a newer schema is told that the server is behind, keeps everything, and goes on after it', async () => {
  const world = new World();
  const server = await world.server();
  const client = await world.client(undefined, upgradedSchema);
  addBooks(client, 0, 2);
  client.write(shelve(0, 'A'));
  await world.until(() => client.status === 'incompatible');
  expect(client.state).toMatchObject({ reason: 'server-behind', pending: 2 });
  server.kill();
  const upgraded = await world.server(server.disk.clone(), upgradedSchema);
  await world.until(() => client.status === 'synced');
  expect(upgraded.all(ALL_BOOKS)).toEqual(client.all(ALL_BOOKS));
});

test('[HS-2] a change that was put aside for want of its column is applied after the upgrade', async () => {
  const world = new World();
  const client = await world.offlineClient(undefined, schema);
  const change = {
    table: 'book',
    key: Uint8Array.of(1, 0x0b, 1, 0x31),
    column: 'shelf',
    value: 'A',
    columnVersion: 1n,
    siteId: new Uint8Array(16).fill(9),
    causalLength: 1n,
    sequence: 0,
  };
  client.replica.merger.merge([{ version: 1n, changes: [change] }], {
    ownWork: false,
    acknowledged: undefined,
    record: () => undefined,
  });
  expect(client.replica.quarantine.count()).toBe(1);
  client.kill();
  const upgraded = await world.offlineClient(client.disk.clone(), upgradedSchema);
  expect(upgraded.replica.quarantine.count()).toBe(0);
  expect(upgraded.all('SELECT isbn, shelf FROM book')).toEqual([{ isbn: '1', shelf: 'A' }]);
});

test('[ST-2] cells that share a sequence, as zeroed ones do, stay together however small the batches are', async () => {
  const world = new World(1, { bytes: 100_000, changes: 3 });
  const server = await world.server(undefined, upgradedSchema);
  const older = await world.client(undefined, schema);
  const author = await world.client(undefined, upgradedSchema);
  addBooks(author, 0, 10);
  for (let number = 0; number < 10; number += 1) author.write(shelve(number, `Shelf ${number}`));
  await world.until(() => author.status === 'synced' && older.all(OLD_COLUMNS).length === 10);
  // Ten shelves are zeroed in one version, each under the sequence that it had in a transaction of its own.
  older.write((database) => {
    database.exec('DELETE FROM book');
    for (let number = 0; number < 10; number += 1)
      database.prepare('INSERT INTO book (isbn, title) VALUES (?, ?)').run(isbn(number), 'Again');
  });
  await world.until(() => older.status === 'synced');
  const latecomer = await world.client(undefined, upgradedSchema);
  await world.until(() => latecomer.status === 'synced');
  expect(latecomer.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
  expect(latecomer.all("SELECT 1 FROM book WHERE shelf LIKE 'Shelf %'")).toHaveLength(10);
});
