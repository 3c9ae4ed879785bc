import { expect, test } from 'vitest';
import { addBooks, isbn } from './shop-data.ts';
import type { ClientMachine } from './world/machines.ts';
import { World } from './world/world.ts';

const PRICES = 'SELECT title, price FROM book ORDER BY isbn';

/** Two tills with the same book, both without a network. */
async function twoTills(): Promise<{ world: World; mine: ClientMachine; theirs: ClientMachine }> {
  const world = new World();
  await world.server();
  const mine = await world.client();
  const theirs = await world.client();
  addBooks(mine, 0, 1);
  await world.until(() => theirs.all(PRICES).length === 1 && mine.status === 'synced');
  world.network.unplug(mine);
  return { world, mine, theirs };
}

const setPrice = (machine: ClientMachine, price: number): void =>
  machine.write((database) =>
    database.prepare('UPDATE book SET price = ? WHERE isbn = ?').run(price, isbn(0)),
  );

test('[CF-1] an edit that loses before the server has it is kept with both authors, told, and can be made again', async () => {
  const { world, mine, theirs } = await twoTills();
  setPrice(mine, 900);
  setPrice(theirs, 1_000);
  setPrice(theirs, 1_100);
  await world.until(() => theirs.status === 'synced');
  world.network.plug(mine);
  await world.until(() => mine.status === 'synced');

  expect(mine.all(PRICES)).toMatchObject([{ price: 1_100 }]);
  const conflict = {
    table: 'book',
    key: [isbn(0)],
    column: 'price',
    ownValue: 900n,
    ownSite: mine.replica.siteId,
    otherValue: 1_100n,
    otherSite: theirs.replica.siteId,
    rowDeleted: false,
  };
  expect(mine.replica.conflicts.list()).toMatchObject([conflict]);
  expect(mine.notices).toMatchObject([{ kind: 'overwritten', lost: 1, conflicts: [conflict] }]);
  expect(mine.state.conflicts).toBe(1);
  expect(theirs.state.conflicts).toBe(0);

  expect(mine.replica.editAgain(mine.replica.conflicts.list()[0]?.id ?? 0)).toBe(true);
  mine.handle({ type: 'committed' });
  await world.until(() => mine.status === 'synced' && mine.state.conflicts === 0);
  await world.until(() => theirs.all(PRICES)[0]?.['price'] === 900);
});

test('[CF-1] an edit of a row that was deleted elsewhere can be made again with the row', async () => {
  const { world, mine, theirs } = await twoTills();
  setPrice(mine, 900);
  theirs.write((database) => database.exec('DELETE FROM book'));
  await world.until(() => theirs.status === 'synced');
  world.network.plug(mine);
  await world.until(() => mine.status === 'synced');
  expect(mine.all(PRICES)).toEqual([]);
  expect(mine.replica.conflicts.list()).toMatchObject([
    { column: 'price', ownValue: 900n, otherValue: null, rowDeleted: true },
  ]);
  mine.replica.editAgain(mine.replica.conflicts.list()[0]?.id ?? 0);
  mine.handle({ type: 'committed' });
  await world.until(() => theirs.all(PRICES)[0]?.['price'] === 900);
});

test.each<[string, (mine: ClientMachine, theirs: ClientMachine) => void]>([
  [
    'another field of the same row',
    (mine, theirs) => {
      setPrice(mine, 900);
      theirs.write((database) => database.exec("UPDATE book SET title = 'Emma'"));
    },
  ],
  [
    'the same value',
    (mine, theirs) => {
      setPrice(mine, 900);
      setPrice(theirs, 800);
      setPrice(theirs, 900);
    },
  ],
  [
    'an older edit, which loses',
    (mine, theirs) => {
      setPrice(mine, 800);
      setPrice(mine, 900);
      setPrice(theirs, 1_000);
    },
  ],
])('[CF-1] no conflict is told of %s', async (_, edit) => {
  const { world, mine, theirs } = await twoTills();
  edit(mine, theirs);
  await world.until(() => theirs.status === 'synced');
  world.network.plug(mine);
  await world.until(() => mine.status === 'synced' && theirs.all(PRICES)[0]?.['price'] === 900);
  expect(mine.replica.conflicts.count()).toBe(0);
  expect(mine.notices).toEqual([]);
});

test('a first contact that brings much costs nothing where nothing of its own is pending', async () => {
  const world = new World();
  const server = await world.server();
  addBooks(server, 0, 100);
  const client = await world.client();
  await world.until(() => client.status === 'synced' && client.all(PRICES).length === 100);
  setPrice(client, 900);
  await world.until(() => client.status === 'synced');
  server.write((database) => database.exec('UPDATE book SET price = 1'));
  await world.until(() => client.all('SELECT * FROM book WHERE price = 1').length === 100);
  expect(client.replica.conflicts.count()).toBe(0);
});
