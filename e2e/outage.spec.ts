import { cp, rm } from 'node:fs/promises';
import { LightRecord } from './src/light-record.ts';
import { SHOP } from './src/server-process.ts';
import type { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const ALL_BOOKS = 'SELECT isbn, title FROM book ORDER BY isbn';
const OUTAGE_MS = 30_000;
const INCOMPATIBLE_LIMIT_MS = 10_000;
const isbn = (number: number) => String(9790000000000 + number);

test('a server that is away for half a minute opens no dialog, and everything written meanwhile arrives', async ({
  server,
  openShop,
}) => {
  const shop = await openShop();
  await shop.waitForLight('synced');
  const record = await LightRecord.watch(shop.footerLight);
  await server.stop();
  const since = Date.now();
  let written = 0;
  while (Date.now() - since < OUTAGE_MS) {
    await shop.exec(INSERT, [isbn(written), 'Sold during the outage']);
    written += 1;
    await shop.waitForPending(written);
    await expect(shop.page.getByRole('dialog')).toHaveCount(0);
    // As fast as somebody types.
    await shop.page.waitForTimeout(1_000);
  }
  await server.restart();
  await shop.waitForLight('synced', { pending: 0 });
  expect(await server.count('SELECT count(*) FROM book')).toBe(written);
  expect(await record.statuses()).not.toContain('incompatible');
});

test('a rebuilt server is told within 10 s and never looks like a synced one, with /meta blocked as well', async ({
  server,
  openShop,
}) => {
  const shop = await openShop();
  await shop.page.context().route('**/meta', (route) => route.abort());
  await shop.exec(INSERT, [isbn(1), 'Of the old shop']);
  await shop.waitForLight('synced', { pending: 0 });
  const record = await LightRecord.watch(shop.footerLight);
  await server.request(`/${SHOP}/reset`, { method: 'POST' });
  await shop.waitForLight('incompatible', { timeout: INCOMPATIBLE_LIMIT_MS });
  await expect(shop.page.getByTestId('incompatible-dialog')).toBeVisible();
  const [before, ...after] = await record.statuses();
  expect(before).toBe('synced');
  expect(after).not.toContain('synced');
  expect(await shop.query(ALL_BOOKS)).toEqual([{ isbn: isbn(1), title: 'Of the old shop' }]);
});

test('a server restored from an older file gets back what it lost, and nobody is asked anything', async ({
  server,
  openShop,
  folder,
}) => {
  const shop = await openShop();
  const other = await openShop();
  const add = (till: ShopPage, number: number, title: string) => till.exec(INSERT, [isbn(number), title]);
  await add(shop, 1, 'Before the backup');
  for (const till of [shop, other]) await till.waitForLight('synced', { pending: 0 });
  await server.stop();
  await cp(server.dataDir, folder, { recursive: true });
  await server.restart();

  await add(shop, 2, 'After the backup, here');
  await add(other, 3, 'After the backup, at the other till');
  for (const till of [shop, other]) await till.waitForLight('synced', { pending: 0 });
  await expect.poll(() => shop.count('SELECT count(*) FROM book')).toBe(3);
  // The other till goes home: what it wrote is on the server and here.
  await other.page.goto('about:blank');

  const record = await LightRecord.watch(shop.footerLight);
  await server.kill();
  await rm(server.dataDir, { recursive: true });
  await cp(folder, server.dataDir, { recursive: true });
  await add(shop, 4, 'While it was being restored');
  await server.restart();
  await shop.waitForLight('synced', { pending: 0 });
  await expect(shop.page.getByText('The server was restored from an older copy')).toBeVisible();
  expect(await record.statuses()).not.toContain('incompatible');
  const books = await shop.query(ALL_BOOKS);
  expect(books).toHaveLength(4);
  expect(await server.exec(ALL_BOOKS)).toEqual(books);
});
