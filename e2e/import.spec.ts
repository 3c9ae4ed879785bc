import { readFile } from 'node:fs/promises';
import { runOctavo } from './src/command-line.ts';
import { mainThreadTasksDuring } from './src/main-thread.ts';
import { BooksScreen } from './src/screens/books.ts';
import { ImportScreen } from './src/screens/import.ts';
import { ShopPage } from './src/shop-page.ts';
import { writeStockList } from './src/stock-lists.ts';
import { expect, test } from './src/test.ts';

const ROWS = 10_000;
/** What a person notices. */
const FROZEN_MS = 50;
const COUNT_BOOKS = 'SELECT count(*) FROM book';

test('a messy list of 10,000 books comes in without freezing the page, and goes out to everybody', async ({
  server,
  newProfile,
  openShop,
  folder,
}) => {
  const list = await writeStockList(folder, { rows: ROWS });
  const context = await (await newProfile()).open();
  const shop = await ShopPage.open(context, server.url);
  const screen = await ImportScreen.open(shop);

  const tasks = await mainThreadTasksDuring(shop.page, async () => {
    const counts = await screen.importFile(list.path);
    expect(counts).toEqual({ added: list.good, updated: 0, unchanged: 0, refused: list.refused });
  });
  expect(tasks.length, 'the main thread was watched').toBeGreaterThan(10);
  expect(
    tasks.filter(({ worked }) => worked > FROZEN_MS),
    'tasks that froze the page',
  ).toEqual([]);

  const refused = await screen.downloadRefused();
  expect(refused.name).toMatch(/refused\.csv$/);
  const lines = (await readFile(refused.path, 'utf8')).trim().split(/\r?\n/);
  expect(lines).toHaveLength(list.refused + 1);

  const books = await BooksScreen.open(shop);
  await expect(books.total).toHaveText(`${list.good.toLocaleString('en')} books`);

  await shop.waitForLight('synced', { pending: 0 });
  expect(await server.count(COUNT_BOOKS)).toBe(list.good);
  const other = await openShop({ path: '/books' });
  await expect(new BooksScreen(other).total).toHaveText(`${list.good.toLocaleString('en')} books`, {
    timeout: 30_000,
  });
  const everything = 'SELECT * FROM book ORDER BY isbn';
  expect(await other.query(everything)).toEqual(await shop.query(everything));

  const running = await runOctavo(['db', 'check', 'shop.sqlite3'], { dataDir: server.dataDir });
  expect(running, running.errors).toMatchObject({ exitCode: 0 });
  await server.stop();
  const stopped = await runOctavo(['db', 'check', 'shop.sqlite3'], { dataDir: server.dataDir });
  expect(stopped, stopped.errors).toMatchObject({ exitCode: 0 });
});

test('importing the same list again changes nothing and sends nothing', async ({
  server,
  openShop,
  folder,
}) => {
  const list = await writeStockList(folder, { rows: 500 });
  const shop = await openShop();
  const screen = await ImportScreen.open(shop);
  await screen.importFile(list.path);
  await shop.waitForLight('synced', { pending: 0 });
  const [here, there] = [await shop.dbVersion(), await serverVersion()];

  await shop.page.getByTestId('import-again').click();
  expect(await screen.importFile(list.path)).toEqual({
    added: 0,
    updated: 0,
    unchanged: list.good,
    refused: list.refused,
  });
  expect((await shop.light()).pending).toBe(0);
  await shop.waitForLight('synced');
  expect([await shop.dbVersion(), await serverVersion()]).toEqual([here, there]);

  async function serverVersion(): Promise<number> {
    const meta = (await server.request('/shop.sqlite3/meta')) as { dbVersion: number };
    return meta.dbVersion;
  }
});

test('a list is dropped, its import cancelled half-way, and the next one goes on from there', async ({
  openShop,
  folder,
}) => {
  const list = await writeStockList(folder, { rows: ROWS });
  const shop = await openShop();
  const screen = await ImportScreen.open(shop);
  await screen.drop(list.path);
  await screen.startButton.click();
  await screen.root.getByTestId('import-cancel').click();
  await expect(screen.root).toHaveAttribute('data-stage', 'done');
  const half = await screen.counts();
  expect(half.added).toBeLessThan(list.good);
  expect(await shop.count(COUNT_BOOKS)).toBe(half.added);

  await shop.page.getByTestId('import-again').click();
  const rest = await screen.importFile(list.path);
  expect(rest).toEqual({
    added: list.good - half.added,
    updated: 0,
    unchanged: half.added,
    refused: list.refused,
  });
});

test('a list imported on the command line of a running server appears in an open page', async ({
  server,
  openShop,
  folder,
}) => {
  const list = await writeStockList(folder, { rows: 200 });
  const shop = await openShop({ path: '/books' });
  await shop.waitForLight('synced');
  const result = await runOctavo(['import', list.path], { dataDir: server.dataDir });
  expect(result, result.errors).toMatchObject({ exitCode: 0 });
  await expect(new BooksScreen(shop).total).toHaveText(`${list.good} books`);
});
