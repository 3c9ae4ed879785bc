import type { Database } from '@octavo/crsqlite/database.ts';
import { schema } from '@octavo/shop/schema.ts';
import { describe, expect, test } from 'vitest';
import { adoptSnapshot } from '../src/snapshot/adopt-snapshot.ts';
import { mergeSaved } from '../src/recovery/merge-saved.ts';
import { readUnsent } from '../src/recovery/unsent.ts';
import { coversReplica } from '../src/snapshot/covers.ts';
import { isOfLog } from '../src/snapshot/snapshot-account.ts';
import { addBooks, ALL_BOOKS, isbn } from './shop-data.ts';
import type { ClientMachine, ServerMachine } from './world/machines.ts';
import { adopted, downloaded, inspect, takeSnapshot } from './world/snapshots.ts';
import { upgradedSchema } from './world/upgraded-schema.ts';
import { SeededRandom } from './world/virtual-time.ts';
import { World } from './world/world.ts';

const green = (...clients: ClientMachine[]): boolean => clients.every((client) => client.status === 'synced');

/** A shop in which books were edited, deleted and brought back, by the server and by two clients. */
async function livelyShop(world: World): Promise<{ server: ServerMachine; client: ClientMachine }> {
  const server = await world.server();
  const client = await world.client();
  const other = await world.client();
  addBooks(client, 0, 20);
  addBooks(other, 20, 40);
  server.write((database) =>
    database.prepare('INSERT INTO book (isbn, title) VALUES (?, ?)').run(isbn(99), 'By an admin'),
  );
  await world.until(() => green(client, other) && server.all(ALL_BOOKS).length === 41);
  client.write((database) => {
    database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn(1));
    database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn(2));
    database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run('Edited', isbn(3));
  });
  await world.until(() => green(client, other) && other.all(ALL_BOOKS).length === 39);
  other.write((database) =>
    database.prepare('INSERT INTO book (isbn, title) VALUES (?, ?)').run(isbn(2), 'Back again'),
  );
  await world.until(() => green(client, other) && client.all(ALL_BOOKS).length === 40);
  other.kill();
  return { server, client };
}

const tablesOf = (database: Database): string[] =>
  database
    .prepare<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
    .map(({ name }) => name);

describe('[EP-7] a snapshot', () => {
  test('holds the replicated tables and what describes the shop, and nothing else of the server', async () => {
    const world = new World();
    const { server } = await livelyShop(world);
    server.replica.database.exec(
      "CREATE TABLE secrets (word TEXT); INSERT INTO secrets VALUES ('not to be found')",
    );
    const { bytes, account } = await takeSnapshot(server);

    expect(account.version).toBe(server.replica.head());
    expect(account.lineage).toEqual(server.replica.lineage());
    expect(Buffer.from(bytes).includes('not to be found')).toBe(false);
    await inspect(downloaded(bytes), (database) => {
      expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
      const replicated = [
        ...[
          'book',
          'book_cover',
          'command_receipt',
          'customer',
          'customer_order_line',
          'note',
          'note_line',
          'supplier',
        ],
        ...['supplier_order', 'supplier_order_line', 'supplier_publisher', 'warehouse'],
      ];
      expect(tablesOf(database).filter((name) => !name.startsWith('sqlite_'))).toEqual(
        [
          ...replicated.flatMap((name) => [name, `${name}__crsql_clock`, `${name}__crsql_pks`]),
          'crsql_master',
          'crsql_site_id',
          'crsql_tracked_peers',
          'octavo_epoch',
          'octavo_lineage',
          'octavo_schema_history',
          'octavo_snapshot',
        ].sort(),
      );
      expect(database.prepare('SELECT * FROM book ORDER BY isbn').all()).toEqual(server.all(ALL_BOOKS));
    });
  });

  test('becomes a replica with the same schema as any other, down to the triggers', async () => {
    const world = new World();
    const { server, client } = await livelyShop(world);
    const replica = await world.client(await adopted(world, (await takeSnapshot(server)).bytes));
    const shape =
      "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name";
    expect(replica.all(shape)).toEqual(client.all(shape));
    expect(() =>
      replica.write((database) =>
        database.prepare('UPDATE book SET isbn = ? WHERE isbn = ?').run(isbn(500), isbn(5)),
      ),
    ).toThrow(/primary key/);
  });

  test('[ID-1] has no identity: the server is a foreign author in it, and whoever adopts it is somebody new', async () => {
    const world = new World();
    const { server } = await livelyShop(world);
    const { bytes } = await takeSnapshot(server);
    const one = await world.client(await adopted(world, bytes));
    const two = await world.client(await adopted(world, bytes));
    const sites = [one, two, server].map(({ replica }) => Buffer.from(replica.siteId).toString('hex'));
    expect(new Set(sites).size).toBe(3);
    const author =
      "SELECT hex(site_id) AS site FROM crsql_changes WHERE cid = 'title' AND val = 'By an admin'";
    expect(one.all(author)).toEqual([{ site: sites[2]?.toUpperCase() }]);
    expect(one.all('SELECT count(*) AS own FROM crsql_changes WHERE site_id = crsql_site_id()')).toEqual([
      { own: 0 },
    ]);
  });

  test('is adopted once, and only where it can be understood', async () => {
    const world = new World();
    const { server, client } = await livelyShop(world);
    const { bytes } = await takeSnapshot(server);
    const { random } = world.ground;
    const olderApp = { name: schema.name, version: schema.version - 1 };
    await inspect(downloaded(bytes), (database) => {
      expect(() => adoptSnapshot(database, { schema: olderApp, random })).toThrow(
        expect.objectContaining({ code: 'other-schema' }) as Error,
      );
      expect(() => adoptSnapshot(database, { schema: { name: 'other', version: 1 }, random })).toThrow(
        expect.objectContaining({ code: 'other-schema' }) as Error,
      );
      adoptSnapshot(database, { schema, random });
      expect(() => adoptSnapshot(database, { schema, random })).toThrow(
        expect.objectContaining({ code: 'not-a-snapshot' }) as Error,
      );
    });
    await inspect(downloaded(bytes), (database) => {
      database.exec('UPDATE octavo_snapshot SET version = version + 1');
      expect(() => adoptSnapshot(database, { schema, random })).toThrow(
        expect.objectContaining({ code: 'damaged' }) as Error,
      );
    });
    await inspect(client.disk.clone(), (database) => {
      expect(() => adoptSnapshot(database, { schema, random })).toThrow(
        expect.objectContaining({ code: 'not-a-snapshot' }) as Error,
      );
    });
  });

  test('of an older schema is upgraded when it is adopted, and filled in', async () => {
    const world = new World();
    const server = await world.server();
    const before = await world.client();
    addBooks(before, 0, 5);
    await world.until(() => green(before));
    const { bytes } = await takeSnapshot(server);
    server.kill();
    const upgraded = await world.server(server.disk, upgradedSchema);
    upgraded.write((database) =>
      database.prepare('UPDATE book SET shelf = ? WHERE isbn = ?').run('A1', isbn(1)),
    );

    const replica = await world.client(await adopted(world, bytes), upgradedSchema);
    await world.until(() => green(replica));
    expect(replica.all(ALL_BOOKS)).toEqual(upgraded.all(ALL_BOOKS));
  });
});

describe('[EP-7] an adopted replica', () => {
  test('streams on from the snapshot, and syncs both ways', async () => {
    const world = new World();
    const { server, client } = await livelyShop(world);
    const { bytes, account } = await takeSnapshot(server);
    // The server goes on while the snapshot is on its way.
    addBooks(client, 50, 60);
    client.write((database) => {
      database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run('Edited since', isbn(4));
      database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn(5));
    });
    await world.until(() => green(client) && server.replica.head() > account.version);

    const replica = await world.offlineClient(await adopted(world, bytes));
    expect(replica.replica.bookkeeping.peer(account.lineage).cursor).toBe(account.version);
    addBooks(replica, 70, 75);
    const sent = world.network.bytes;
    replica.handle({ type: 'start' });
    await world.until(() => green(client, replica) && client.all(ALL_BOOKS).length === 54);
    // Not a single book of those that the snapshot held.
    expect(world.network.bytes - sent).toBeLessThan(bytes.length / 10);
    expect(replica.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
    expect(client.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
    expect(replica.notices).toEqual([]);

    client.write((database) => database.prepare('UPDATE book SET price = 1').run());
    replica.write((database) => database.prepare('UPDATE book SET year = 1999').run());
    await world.pass(2_000);
    await world.until(() => green(client, replica));
    expect(replica.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
    expect(client.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
  });

  test('keeps tombstones and rows that came back: a late edit of a deleted book does not bring it back', async () => {
    const world = new World();
    const { server, client } = await livelyShop(world);
    const late = await world.client();
    await world.until(() => green(late));
    world.network.unplug(late);
    client.write((database) => database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn(7)));
    late.write((database) =>
      database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run('Late', isbn(7)),
    );
    await world.until(() => green(client));

    const replica = await world.client(await adopted(world, (await takeSnapshot(server)).bytes));
    await world.until(() => green(replica));
    world.network.plug(late);
    await world.until(() => green(late, replica, client));
    await world.pass(2_000);
    for (const machine of [late, client, replica])
      expect(machine.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
    expect(
      replica.all(`SELECT title FROM book WHERE isbn IN ('${isbn(1)}', '${isbn(2)}', '${isbn(7)}')`),
    ).toEqual([{ title: 'Back again' }]);
  });

  test('returns what a server lost that was restored to before the snapshot, and little more than that', async () => {
    const world = new World();
    const first = await world.server();
    const client = await world.client();
    for (let chunk = 0; chunk < 20; chunk += 1) addBooks(client, chunk * 100, chunk * 100 + 100);
    await world.until(() => green(client));
    const backup = first.disk.clone();
    addBooks(client, 3_000, 3_010);
    client.write((database) =>
      database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run('Newer', isbn(3)),
    );
    await world.until(() => green(client));
    const replica = await world.client(await adopted(world, (await takeSnapshot(first)).bytes));
    addBooks(replica, 4_000, 4_001);
    await world.until(() => green(replica, client));
    client.kill();
    first.kill();

    const restored = await world.server(backup);
    const sent = world.network.bytes;
    await world.until(() => green(replica) && replica.notices.length > 0);
    expect(restored.all(ALL_BOOKS)).toEqual(replica.all(ALL_BOOKS));
    expect(restored.all(ALL_BOOKS)).toHaveLength(2_011);
    expect(restored.all(`SELECT title FROM book WHERE isbn = '${isbn(3)}'`)).toEqual([{ title: 'Newer' }]);
    expect(world.network.bytes - sent).toBeLessThan(20_000);
  });

  test('repairs a server that was restored while the snapshot was on its way', async () => {
    const world = new World();
    const { server, client } = await livelyShop(world);
    const backup = server.disk.clone();
    addBooks(client, 100, 110);
    await world.until(() => green(client));
    const { bytes } = await takeSnapshot(server);
    client.kill();
    server.kill();
    const restored = await world.server(backup);
    const other = await world.client();
    addBooks(other, 200, 205);
    await world.until(() => green(other));

    const replica = await world.client(await adopted(world, bytes));
    await world.until(() => green(replica, other) && other.all(ALL_BOOKS).length === 55);
    for (const machine of [replica, other]) expect(machine.all(ALL_BOOKS)).toEqual(restored.all(ALL_BOOKS));
  });
});

describe('[EP-7] whether a snapshot still fits', () => {
  test('to the log: as long as the server has not fallen back behind it, or been rebuilt', async () => {
    const world = new World();
    const first = await world.server();
    const client = await world.client();
    addBooks(client, 0, 5);
    await world.until(() => green(client));
    const log = ({ replica }: ServerMachine) => ({
      lineage: replica.foundLineage(),
      epochs: replica.epochs(),
      position: replica.head(),
    });
    const backup = first.disk.clone();
    addBooks(client, 5, 6);
    await world.until(() => green(client));
    const { account } = await takeSnapshot(first);
    addBooks(client, 6, 7);
    await world.until(() => green(client));
    expect(isOfLog(account, log(first))).toBe(true);
    client.kill();
    first.kill();

    const restored = await world.server(backup);
    expect(isOfLog(account, log(restored))).toBe(false);
    // Also when it has moved past the version.
    for (let number = 10; number < 20; number += 1) addBooks(restored, number, number + 1);
    expect(restored.replica.head()).toBeGreaterThan(account.version);
    expect(isOfLog(account, log(restored))).toBe(false);
    restored.kill();
    expect(isOfLog(account, log(await world.server()))).toBe(false);
  });

  test('to a replica: as long as it holds all that the replica has received', async () => {
    const world = new World();
    const { server, client } = await livelyShop(world);
    const behind = await world.client();
    await world.until(() => green(behind));
    world.network.unplug(behind);
    const { account } = await takeSnapshot(server);
    expect(coversReplica(account, behind.replica)).toBe(true);
    addBooks(client, 60, 61);
    await world.until(() => green(client));
    expect(coversReplica(account, behind.replica)).toBe(true);
    world.network.plug(behind);
    await world.until(() => behind.all(ALL_BOOKS).length === 41);
    expect(coversReplica(account, behind.replica)).toBe(false);
    expect(coversReplica((await takeSnapshot(server)).account, behind.replica)).toBe(true);
    expect(coversReplica(account, (await world.offlineClient()).replica)).toBe(true);
  });
});

describe('[EP-7] what a replica has not sent when a snapshot takes its place', () => {
  /** A client on an adopted snapshot, with the unsent work of the one that it replaces. */
  async function replace(world: World, old: ClientMachine, bytes: Uint8Array): Promise<ClientMachine> {
    const fresh = await world.offlineClient(await adopted(world, bytes));
    for (const saved of readUnsent(old.replica)) mergeSaved(fresh.replica, saved, old.clock.wall());
    old.kill();
    fresh.handle({ type: 'committed' });
    fresh.handle({ type: 'start' });
    return fresh;
  }

  test('is kept where it was written before the first contact', async () => {
    const world = new World();
    const { server, client } = await livelyShop(world);
    const early = await world.offlineClient();
    addBooks(early, 300, 310);
    const fresh = await replace(world, early, (await takeSnapshot(server)).bytes);
    expect(fresh.state.pending).toBe(10);
    await world.until(() => green(fresh, client) && client.all(ALL_BOOKS).length === 50);
    expect(fresh.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
    const site = Buffer.from(fresh.replica.siteId).toString('hex').toUpperCase();
    expect(
      server.all(`SELECT DISTINCT hex(site_id) AS site FROM crsql_changes WHERE val = 'Book 305'`),
    ).toEqual([{ site }]);
  });

  test('wins and loses as it would have done by streaming', async () => {
    const world = new World();
    const { server, client } = await livelyShop(world);
    const behind = await world.client();
    await world.until(() => green(behind));
    await world.pass(1_000);
    world.network.unplug(behind);
    const set = (machine: ClientMachine, number: number, title: string): void =>
      machine.write((database) =>
        database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run(title, isbn(number)),
      );
    addBooks(behind, 400, 403);
    set(behind, 10, 'Twice here');
    set(behind, 10, 'Twice here, really');
    set(behind, 11, 'Once here');
    behind.write((database) => database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn(12)));
    set(client, 10, 'Once there');
    set(client, 11, 'Twice there');
    set(client, 11, 'Twice there, really');
    set(client, 12, 'Edited while deleted');
    await world.until(() => green(client));
    const { bytes, account } = await takeSnapshot(server);
    expect(coversReplica(account, behind.replica)).toBe(true);
    const streaming = behind.disk.clone();

    const fresh = await replace(world, behind, bytes);
    await world.until(() => green(fresh, client));
    await world.pass(2_000);
    const books = fresh.all(ALL_BOOKS);
    expect(server.all(ALL_BOOKS)).toEqual(books);
    expect(client.all(ALL_BOOKS)).toEqual(books);
    expect(
      fresh.all(`SELECT title FROM book WHERE isbn IN ('${isbn(10)}', '${isbn(11)}', '${isbn(12)}')`),
    ).toEqual([{ title: 'Twice here, really' }, { title: 'Twice there, really' }]);
    const control = await world.client(streaming);
    await world.until(() => green(control));
    expect(control.all(ALL_BOOKS)).toEqual(books);
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
  '[EP-4, EP-8] whatever the backup, an adopted replica alone gives a server back all that it lost (seed %i)',
  async (seed) => {
    const world = new World(seed, { bytes: 100_000, changes: 4 });
    const random = new SeededRandom(seed);
    const below = (limit: number): number => Math.floor(random.fraction() * limit);
    const server = await world.server();
    const authors = [await world.client(), await world.client()];
    const edit = (machine: Pick<ClientMachine, 'write'>, first: number): void =>
      machine.write((database) => {
        for (let count = 0; count <= below(4); count += 1) {
          const book = isbn(first + below(30));
          if (random.fraction() < 0.2) database.prepare('DELETE FROM book WHERE isbn = ?').run(book);
          else
            database
              .prepare(
                'INSERT INTO book (isbn, title) VALUES (?, ?) ON CONFLICT DO UPDATE SET title = excluded.title',
              )
              .run(book, `Edition ${below(1_000)}`);
        }
      });
    await world.until(() => green(...authors));
    const backups = [server.disk.clone()];
    const bustle = async (): Promise<void> => {
      for (let step = 0; step < 40; step += 1) {
        if (random.fraction() < 0.15) backups.push(server.disk.clone());
        const author = [...authors, server][below(authors.length + 1)] ?? server;
        edit(author, 0);
        await world.pass(below(300));
      }
    };
    await bustle();
    const { bytes } = await takeSnapshot(server);
    if (random.fraction() < 0.5) await bustle();
    const replica = await world.client(await adopted(world, bytes));
    if (random.fraction() < 0.5) edit(replica, 100);
    await world.until(() => green(replica, ...authors));
    await world.pass(2_000);
    const before = replica.all(ALL_BOOKS);
    expect(server.all(ALL_BOOKS)).toEqual(before);
    for (const author of authors) author.kill();
    server.kill();
    world.network.unplug(replica);

    const restored = await world.server(backups[below(backups.length)]);
    const newcomer = await world.client();
    // Beside what there was: so that all of that must come back as it was.
    for (let step = 0; step < below(60); step += 1) edit(newcomer, 200);
    await world.until(() => green(newcomer));
    world.network.plug(replica);
    await world.until(() => green(replica, newcomer));
    await world.pass(2_000);
    const after = replica.all(ALL_BOOKS);
    expect(after.filter((book) => String(book['isbn']) < isbn(200))).toEqual(before);
    expect(restored.all(ALL_BOOKS)).toEqual(after);
    expect(newcomer.all(ALL_BOOKS)).toEqual(after);
  },
);
