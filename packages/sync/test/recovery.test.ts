import { describe, expect, test } from 'vitest';
import type { Database } from '@octavo/crsqlite/database.ts';
import { openMemory } from '@octavo/crsqlite/memory.ts';
import type { Replica } from '../src/replica.ts';
import {
  countDifferences,
  type DifferenceCounts,
  differencesFrom,
  unsentDifferences,
} from '../src/recovery/differences.ts';
import { keepMine } from '../src/recovery/keep-mine.ts';
import { mergeSaved } from '../src/recovery/merge-saved.ts';
import { Outcomes } from '../src/recovery/outcomes.ts';
import { countUnsent, readUnsent } from '../src/recovery/unsent.ts';
import { addBooks, ALL_BOOKS, isbn } from './shop-data.ts';
import type { ClientMachine, ServerMachine } from './world/machines.ts';
import { World } from './world/world.ts';

const NOW = Date.UTC(2026, 11, 19, 9);
const green = (...clients: ClientMachine[]): boolean => clients.every((client) => client.status === 'synced');

function report({ database }: Replica): unknown {
  const outcomes = new Outcomes(database);
  outcomes.finish('test');
  return outcomes.report();
}

/** A client with ten books that the server has, and without a network since. */
async function offline(): Promise<{ world: World; server: ServerMachine; old: ClientMachine }> {
  const world = new World();
  const server = await world.server();
  const old = await world.client();
  addBooks(old, 0, 10);
  await world.until(() => green(old));
  await world.pass(1_000);
  world.network.unplug(old);
  return { world, server, old };
}

/** A new replica of the shop, level with the server. */
async function resynced(world: World): Promise<ClientMachine> {
  const fresh = await world.client();
  await world.until(() => green(fresh));
  return fresh;
}

function setTitle(machine: Pick<ClientMachine, 'write'>, number: number, title: string): void {
  machine.write((database) =>
    database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run(title, isbn(number)),
  );
}

function remove(machine: Pick<ClientMachine, 'write'>, number: number): void {
  machine.write((database) => database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn(number)));
}

function carryOver(from: ClientMachine, to: ClientMachine): void {
  for (const saved of readUnsent(from.replica)) {
    mergeSaved(to.replica, structuredClone(saved), NOW);
    to.handle({ type: 'committed' });
  }
}

describe('[WO-1] unsent work goes along into a new replica of the same shop', () => {
  test('all of it, as written by the new identity, and the server gets it', async () => {
    const { world, server, old } = await offline();
    addBooks(old, 20, 57);
    setTitle(old, 3, 'Edited');
    remove(old, 4);
    expect(countUnsent(old.replica)).toBe(39);
    expect(countUnsent(old.replica)).toBe(old.state.pending);

    const fresh = await resynced(world);
    carryOver(old, fresh);
    expect(report(fresh.replica)).toEqual({ occasion: 'test', restored: 39, alreadyNewer: 0, failed: 0 });
    expect(fresh.state.pending).toBe(39);
    await world.until(() => green(fresh));
    expect(server.all(ALL_BOOKS)).toEqual(old.all(ALL_BOOKS));
    expect(fresh.replica.siteId).not.toEqual(old.replica.siteId);
    const authors = server.all("SELECT DISTINCT hex(site_id) AS site FROM crsql_changes WHERE cid <> '-1'");
    expect(authors).toHaveLength(2);
  });

  test('a row that was deleted and made again comes with all of its cells', async () => {
    const { world, server, old } = await offline();
    remove(old, 2);
    old.write((database) =>
      database.prepare('INSERT INTO book (isbn, title) VALUES (?, ?)').run(isbn(2), 'Again'),
    );
    const fresh = await resynced(world);
    carryOver(old, fresh);
    expect(report(fresh.replica)).toEqual({ occasion: 'test', restored: 1, alreadyNewer: 0, failed: 0 });
    await world.until(() => green(fresh));
    expect(server.all(ALL_BOOKS)).toEqual(old.all(ALL_BOOKS));
  });

  test('what others have edited since stands; the edit that lost can be taken back', async () => {
    const { world, server, old } = await offline();
    const other = await resynced(world);
    setTitle(old, 1, 'By the old one');
    setTitle(old, 2, 'By the old one');
    setTitle(other, 1, 'First edit');
    setTitle(other, 1, 'Second edit');
    await world.until(() => green(other));

    const fresh = await resynced(world);
    carryOver(old, fresh);
    expect(report(fresh.replica)).toEqual({ occasion: 'test', restored: 1, alreadyNewer: 1, failed: 0 });
    const [conflict] = fresh.replica.conflicts.list();
    expect(conflict).toMatchObject({
      ownValue: 'By the old one',
      otherValue: 'Second edit',
      rowDeleted: false,
    });
    expect(conflict?.ownSite).toEqual(old.replica.siteId);
    expect(conflict?.otherSite).toEqual(other.replica.siteId);
    fresh.replica.editAgain(conflict?.id ?? 0);
    fresh.handle({ type: 'committed' });
    await world.until(() => green(fresh, other) && other.all(ALL_BOOKS)[1]?.['title'] === 'By the old one');
    expect(server.all(ALL_BOOKS)).toEqual(fresh.all(ALL_BOOKS));
  });

  test('an edit of a row that was deleted elsewhere is newer there', async () => {
    const { world, old } = await offline();
    const other = await resynced(world);
    setTitle(old, 1, 'Too late');
    remove(other, 1);
    await world.until(() => green(other));
    const fresh = await resynced(world);
    carryOver(old, fresh);
    expect(report(fresh.replica)).toEqual({ occasion: 'test', restored: 0, alreadyNewer: 1, failed: 0 });
    expect(fresh.replica.conflicts.list()[0]).toMatchObject({ ownValue: 'Too late', rowDeleted: true });
  });

  test('what the server had but could not confirm counts as restored', async () => {
    const { world, server, old } = await offline();
    const copy = await world.offlineClient(old.disk.clone());
    setTitle(copy, 1, 'Arrived, unconfirmed');
    setTitle(old, 1, 'Arrived, unconfirmed');
    world.network.plug(old);
    await world.until(() => green(old));
    const fresh = await resynced(world);
    carryOver(copy, fresh);
    expect(report(fresh.replica)).toEqual({ occasion: 'test', restored: 1, alreadyNewer: 0, failed: 0 });
    await world.until(() => green(fresh));
    expect(server.all(ALL_BOOKS)).toEqual(fresh.all(ALL_BOOKS));
  });

  test('there is a report once it is through, until somebody has read it', async () => {
    const { world, old } = await offline();
    addBooks(old, 20, 21);
    const fresh = await resynced(world);
    const outcomes = new Outcomes(fresh.replica.database);
    carryOver(old, fresh);
    expect(outcomes.report()).toBeUndefined();
    outcomes.finish('nuked');
    expect(outcomes.report()).toEqual({ occasion: 'nuked', restored: 1, alreadyNewer: 0, failed: 0 });
    outcomes.clear();
    expect(outcomes.report()).toBeUndefined();
  });

  test('what cannot be applied is told with its reason, and costs nothing else', async () => {
    const { world, old } = await offline();
    addBooks(old, 20, 23);
    const saved = [...readUnsent(old.replica)].flat().map((transaction) => ({
      ...transaction,
      changes: transaction.changes.map((change, index) =>
        index === 0 ? { ...change, column: 'no_such_column' } : change,
      ),
    }));
    const fresh = await resynced(world);
    mergeSaved(fresh.replica, saved, NOW);
    expect(report(fresh.replica)).toEqual({ occasion: 'test', restored: 2, alreadyNewer: 0, failed: 1 });
    expect(new Outcomes(fresh.replica.database).failed(10)).toEqual([
      { table: 'book', key: [isbn(20)], reason: 'Table "book" has no column "no_such_column".' },
    ]);
  });

  test('interrupted anywhere and begun again it comes to the same', async () => {
    const { world, server, old } = await offline();
    for (let number = 20; number < 40; number += 1) addBooks(old, number, number + 1);
    const fresh = await resynced(world);
    const stretches = [...readUnsent(old.replica, { limits: { bytes: 1, changes: 2 } })];
    expect(stretches.length).toBeGreaterThan(15);
    for (let done = 0; done < stretches.length; done += 5)
      for (const stretch of stretches.slice(0, done)) mergeSaved(fresh.replica, stretch, NOW);
    carryOver(old, fresh);
    carryOver(old, fresh);
    expect(report(fresh.replica)).toEqual({ occasion: 'test', restored: 20, alreadyNewer: 0, failed: 0 });
    await world.until(() => green(fresh));
    expect(server.all(ALL_BOOKS)).toEqual(old.all(ALL_BOOKS));
    expect(fresh.replica.conflicts.count()).toBe(0);
  });

  test('of a client that never met a server that is everything', async () => {
    const world = new World();
    const old = await world.offlineClient();
    addBooks(old, 0, 5);
    expect(countUnsent(old.replica)).toBe(5);
    await world.server();
    const fresh = await resynced(world);
    carryOver(old, fresh);
    expect(fresh.all(ALL_BOOKS)).toEqual(old.all(ALL_BOOKS));
  });

  test('also what was being returned to a server that lost it, whoever wrote it', async () => {
    const world = new World();
    const first = await world.server();
    const one = await world.client();
    const two = await world.client();
    addBooks(one, 0, 1);
    await world.until(() => green(one, two));
    const backup = first.disk.clone();
    addBooks(one, 1, 4);
    await world.until(() => green(one, two) && two.all(ALL_BOOKS).length === 4);
    one.kill();
    first.kill();
    const restored = await world.server(backup);
    await world.until(() => two.replica.offers.open(two.replica.lineage() ?? new Uint8Array()) !== undefined);
    const held = restored.all(ALL_BOOKS).length;
    world.network.unplug(two);
    expect(countUnsent(two.replica)).toBeGreaterThanOrEqual(4 - held);

    const fresh = await resynced(world);
    carryOver(two, fresh);
    await world.until(() => green(fresh));
    expect(restored.all(ALL_BOOKS)).toEqual(two.all(ALL_BOOKS));
  });
});

/** A client whose server was rebuilt, with work that was sent, and work that never was. */
async function rebuilt(): Promise<{ world: World; server: ServerMachine; old: ClientMachine }> {
  const { world, server: first, old } = await offline();
  setTitle(old, 3, 'Never sent');
  addBooks(old, 20, 22);
  remove(old, 4);
  first.kill();
  const server = await world.server();
  return { world, server, old };
}

function count(old: ClientMachine, fresh: ClientMachine): DifferenceCounts {
  const counting = countDifferences(old.replica, fresh.replica);
  for (;;) {
    const step = counting.next();
    if (step.done === true) return step.value;
  }
}

describe('[WO-2] another shop under the same name', () => {
  test('what was never sent, and what only this browser still has, are counted apart', async () => {
    const { world, server, old } = await rebuilt();
    const fresh = await resynced(world);
    expect(count(old, fresh)).toEqual({ neverSent: 4, onlyHere: 8 });

    // Of the new shop's own books one is the same, one is another, and one is nobody else's.
    server.write((database) => {
      const insert = database.prepare('INSERT INTO book (isbn, title, price) VALUES (?, ?, ?)');
      insert.run(isbn(0), 'Book 0', 0);
      insert.run(isbn(1), 'Another one', 1);
      insert.run(isbn(99), 'Only there', 1);
    });
    await world.until(() => green(fresh) && fresh.all(ALL_BOOKS).length === 3);
    expect(count(old, fresh)).toEqual({ neverSent: 4, onlyHere: 7 });
  });

  test('keeping mine brings every record back to the server, and keeps what only the server has', async () => {
    const { world, server, old } = await rebuilt();
    server.write((database) => {
      const insert = database.prepare('INSERT INTO book (isbn, title, price) VALUES (?, ?, ?)');
      insert.run(isbn(1), 'Another one', 77);
      insert.run(isbn(4), 'Deleted here', 4);
      insert.run(isbn(99), 'Only there', 1);
      // Edited often: column versions of the two shops must not be compared.
      const update = database.prepare('UPDATE book SET title = ? WHERE isbn = ?');
      for (let edit = 0; edit < 20; edit += 1) update.run(`Edit ${edit}`, isbn(1));
    });
    const other = await resynced(world);
    const fresh = await resynced(world);
    for (const page of differencesFrom(old.replica.database, fresh.replica, 3)) keepMine(fresh.replica, page);
    fresh.handle({ type: 'committed' });
    expect(report(fresh.replica)).toEqual({ occasion: 'test', restored: 12, alreadyNewer: 0, failed: 0 });
    await world.until(() => green(fresh, other) && other.all(ALL_BOOKS).length === 12);
    const mine = old.all(ALL_BOOKS);
    expect(server.all(`${ALL_BOOKS} LIMIT 11`)).toEqual(mine);
    expect(server.all(ALL_BOOKS).at(-1)).toMatchObject({ title: 'Only there' });
    expect(other.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
    expect([...differencesFrom(old.replica.database, fresh.replica)].flat()).toEqual([]);
  });

  test('keeping mine again, after an interruption, edits nothing twice', async () => {
    const { world, old } = await rebuilt();
    const fresh = await resynced(world);
    const [first = []] = differencesFrom(old.replica.database, fresh.replica, 3);
    keepMine(fresh.replica, first);
    for (const page of differencesFrom(old.replica.database, fresh.replica, 3)) keepMine(fresh.replica, page);
    const head = fresh.replica.head();
    for (const page of differencesFrom(old.replica.database, fresh.replica, 3)) keepMine(fresh.replica, page);
    expect(fresh.replica.head()).toBe(head);
    expect(report(fresh.replica)).toEqual({ occasion: 'test', restored: 11, alreadyNewer: 0, failed: 0 });
  });

  test('taking the new shop, what was never sent goes along: whole records where they are not there, cells where they are', async () => {
    const { world, server, old } = await rebuilt();
    setTitle(old, 5, 'Never sent either');
    server.write((database) => {
      const insert = database.prepare('INSERT INTO book (isbn, title, price) VALUES (?, ?, ?)');
      insert.run(isbn(3), 'Another one', 77);
      insert.run(isbn(4), 'Deleted here', 4);
    });
    const fresh = await resynced(world);
    for (const page of unsentDifferences(old.replica, fresh.replica)) keepMine(fresh.replica, page);
    fresh.handle({ type: 'committed' });
    expect(report(fresh.replica)).toEqual({ occasion: 'test', restored: 5, alreadyNewer: 0, failed: 0 });
    await world.until(() => green(fresh));
    expect(books(server.replica.database)).toEqual([
      [isbn(3), 'Never sent', 77],
      [isbn(5), 'Never sent either', 5],
      [isbn(20), 'Book 20', 20],
      [isbn(21), 'Book 21', 21],
    ]);
  });

  test('all kinds of keys and values come through as they are', async () => {
    const { world, old } = await rebuilt();
    old.write((database) =>
      database
        .prepare(
          'INSERT INTO note_line (note_id, isbn, warehouse_id, opening, quantity) VALUES (?, ?, ?, ?, ?)',
        )
        .run('n', isbn(1), '', 'o', -3),
    );
    const fresh = await resynced(world);
    for (const page of differencesFrom(old.replica.database, fresh.replica, 1)) keepMine(fresh.replica, page);
    expect(fresh.all('SELECT * FROM note_line')).toEqual(old.all('SELECT * FROM note_line'));
  });

  test('an old file of another program has no difference to tell', async () => {
    const world = new World();
    await world.server();
    const fresh = await resynced(world);
    const stranger = await openMemory();
    stranger.exec('CREATE TABLE book (isbn TEXT PRIMARY KEY)');
    expect([...differencesFrom(stranger, fresh.replica)].flat()).toEqual([]);
    stranger.close();
  });
});

function books(database: Database): unknown[][] {
  return database
    .prepare<{ isbn: string; title: string; price: number }>(ALL_BOOKS)
    .all()
    .map(({ isbn: number, title, price }) => [number, title, price]);
}
