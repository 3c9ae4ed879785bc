import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFile } from '@octavo/crsqlite/node.ts';
import type { Page } from '@playwright/test';
import { expectAccessible, inEachWidth } from './src/accessibility.ts';
import { SHOP, type ServerProcess } from './src/server-process.ts';
import { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const COUNT_BOOKS = 'SELECT count(*) FROM book';
const UNSENT = 37;
/** A rebuilt server is noticed within this. */
const INCOMPATIBLE_LIMIT_MS = 10_000;
const REPLACED_LIMIT_MS = 30_000;
const isbn = (number: number) => String(9790000000000 + number);

test('Nuke and Resync loses nothing that was not sent, says what came of it, and stays on the page', async ({
  server,
  newProfile,
}) => {
  const context = await (await newProfile()).open();
  const shop = await ShopPage.open(context, server.url, '/settings');
  const follower = await ShopPage.open(context, server.url, '/books');
  await addBooks(shop, 0, 10);
  await shop.waitForLight('synced', { pending: 0 });
  await shop.syncOff();
  await addBooks(shop, 100, 100 + UNSENT);
  await shop.waitForPending(UNSENT);
  const identity = await shop.siteId();

  await nuke(shop.page);
  await expect(shop.page.getByTestId('recovery-report')).toContainText(
    'Of 37 records carried over, 37 restored, 0 already newer, 0 failed.',
    { timeout: REPLACED_LIMIT_MS },
  );
  expect(new URL(shop.page.url()).pathname).toBe('/settings');
  expect(await shop.siteId()).not.toBe(identity);
  await shop.syncOn();
  for (const tab of [shop, follower]) {
    await tab.waitForLight('synced', { pending: 0 });
    expect(await tab.count(COUNT_BOOKS)).toBe(10 + UNSENT);
  }
  await expect(follower.page.getByTestId('rows')).toContainText('Book 100');
  expect(await server.count(COUNT_BOOKS)).toBe(10 + UNSENT);
  await expect(follower.page.getByTestId('storage-cleared')).toBeHidden();
  await expectAccessible(shop.page);

  await shop.page.getByTestId('recovery-read').click();
  for (const tab of [shop, follower]) await expect(tab.page.getByTestId('recovery-report')).toBeHidden();
  await shop.reload();
  await expect(shop.page.getByTestId('kept-databases').getByRole('listitem')).toHaveCount(1);
  await expect(shop.page.getByTestId('recovery-report')).toBeHidden();
  expect([...shop.faults, ...follower.faults]).toEqual([]);
});

test('what was not sent is discarded only by a choice of its own that says how much it is', async ({
  server,
  openShop,
}) => {
  const shop = await openShop({ path: '/settings' });
  await addBooks(shop, 0, 2);
  await shop.waitForLight('synced', { pending: 0 });
  await shop.syncOff();
  await addBooks(shop, 2, 5);
  await shop.waitForPending(3);
  await shop.page.getByTestId('settings-nuke').click();
  await expect(shop.page.getByTestId('nuke-unsent')).toContainText(
    '3 records entered here have not been sent',
  );
  await shop.page.getByTestId('discard-unsent').click();
  await expect(shop.page.getByTestId('nuke-dialog')).toContainText('3 unsent records will not go along');
  await shop.page.getByTestId('discard-confirm').click();
  await expect(shop.page.getByTestId('recovery-report')).toContainText('nothing to carry over', {
    timeout: REPLACED_LIMIT_MS,
  });
  await shop.syncOn();
  await shop.waitForLight('synced', { pending: 0 });
  expect(await shop.count(COUNT_BOOKS)).toBe(2);
  expect(await server.count(COUNT_BOOKS)).toBe(2);
});

test('a replacement that cannot go on leaves everything as it is, and can be stopped', async ({
  server,
  openShop,
}) => {
  const shop = await openShop({ path: '/settings' });
  await addBooks(shop, 0, 3);
  await shop.waitForLight('synced', { pending: 0 });
  const identity = await shop.siteId();
  await server.kill();
  await nuke(shop.page);
  await expect(shop.page.getByTestId('replacing')).toContainText('It waits', { timeout: REPLACED_LIMIT_MS });
  await addBooks(shop, 3, 4);
  expect(await shop.count(COUNT_BOOKS)).toBe(4);
  await expectAccessible(shop.page);
  await shop.page.getByTestId('replacing-stop').click();
  await expect(shop.page.getByTestId('replacing')).toBeHidden();
  await server.restart();
  await shop.waitForLight('synced', { pending: 0 });
  expect(await shop.siteId()).toBe(identity);
  await shop.reload();
  await shop.waitForLight('synced', { pending: 0 });
  expect(await shop.count(COUNT_BOOKS)).toBe(4);
  await expect(shop.page.getByTestId('kept-none')).toBeVisible();
});

for (const moment of ['while it is being filled', 'while what goes along is carried over'] as const) {
  test(`a browser that is killed ${moment} goes on by itself, and nothing is lost`, async ({
    server,
    newProfile,
  }) => {
    test.setTimeout(180_000);
    const SENT = 20_000;
    await insertMany(server, 0, SENT);
    const profile = await newProfile();
    let shop = await ShopPage.open(await profile.open(), server.url, '/settings');
    await shop.waitForLight('synced', { pending: 0, timeout: 60_000 });
    await shop.syncOff();
    await shop.exec(many, [9_791_000_000_000, 5_000]);
    await shop.waitForPending(5_000);

    const processes = await profile.processes();
    await nuke(shop.page);
    const stage = moment === 'while it is being filled' ? 'is fetching' : 'is carrying over';
    await expect(shop.page.getByTestId('replacing')).toContainText(stage, { timeout: 60_000 });
    await profile.kill(processes);

    shop = await ShopPage.open(await profile.open(), server.url, '/settings');
    expect(await shop.integrity()).toBe('ok');
    await expect(shop.page.getByTestId('recovery-report')).toContainText('5,000 restored', {
      timeout: 90_000,
    });
    expect(await shop.count(COUNT_BOOKS)).toBe(SENT + 5_000);
    expect(await shop.integrity()).toBe('ok');
    await shop.syncOn();
    await shop.waitForLight('synced', { pending: 0, timeout: 60_000 });
    expect(await server.count(COUNT_BOOKS)).toBe(SENT + 5_000);
    await expect(shop.page.getByTestId('kept-databases').getByRole('listitem')).toHaveCount(1);
  });
}

test('a rebuilt server: the dialog counts what would be missed, and Keep my data brings the shop back', async ({
  server,
  openShop,
}) => {
  const shop = await openShop({ path: '/books' });
  await loseServer(shop, server);
  const dialog = shop.page.getByTestId('incompatible-dialog');
  await expect(dialog).toBeVisible({ timeout: INCOMPATIBLE_LIMIT_MS });
  await expect(shop.footerLight).toHaveAttribute('data-reason', 'rebuilt');
  await expect(dialog.getByTestId('never-sent')).toHaveText('37 records never sent to a server');
  await expect(dialog.getByTestId('only-here')).toHaveText('10 records that only this browser still has');
  await expect(dialog.getByTestId('keep-my-data')).toBeFocused();

  await shop.page.keyboard.press('Enter');
  await expect(shop.page.getByTestId('recovery-report')).toContainText('47 restored', {
    timeout: REPLACED_LIMIT_MS,
  });
  await shop.waitForLight('synced', { pending: 0 });
  expect(await server.count(COUNT_BOOKS)).toBe(10 + UNSENT);
  expect(await server.count('SELECT count(*) FROM book WHERE price = 7')).toBe(0);
  expect(new URL(shop.page.url()).pathname).toBe('/books');
  await expect(dialog).toBeHidden();
});

test('a rebuilt server: Nuke and Resync shows the new shop, and the old database can be downloaded and put back', async ({
  server,
  newProfile,
  folder,
}) => {
  test.setTimeout(180_000);
  const shop = await ShopPage.open(await (await newProfile()).open(), server.url, '/books');
  await loseServer(shop, server);
  const dialog = shop.page.getByTestId('incompatible-dialog');
  await expect(dialog).toBeVisible({ timeout: INCOMPATIBLE_LIMIT_MS });
  await server.exec(INSERT, [isbn(900), 'Of the new shop']);
  await dialog.getByTestId('nuke-and-resync').click();
  await expect(shop.page.getByTestId('recovery-report')).toContainText('37 restored', {
    timeout: REPLACED_LIMIT_MS,
  });
  await shop.waitForLight('synced', { pending: 0 });
  expect(await server.count(COUNT_BOOKS)).toBe(UNSENT + 1);
  expect(await shop.count(COUNT_BOOKS)).toBe(UNSENT + 1);

  await shop.go('Settings');
  const kept = shop.page.getByTestId('kept-databases').getByRole('listitem');
  await expect(kept).toHaveCount(1);
  await expect(kept).toContainText('replaced by “Nuke and Resync”');
  const [file] = await Promise.all([
    shop.page.waitForEvent('download'),
    kept.getByTestId('kept-download').click(),
  ]);
  const path = join(folder, 'kept.sqlite3');
  await file.saveAs(path);
  expect((await readFile(path)).subarray(0, 15).toString()).toBe('SQLite format 3');
  const copy = await openFile(path, { owner: 'a test' });
  expect(copy.prepare(`${COUNT_BOOKS} WHERE title LIKE 'Book 1__'`).get()).toEqual({ 'count(*)': UNSENT });
  expect(copy.prepare(COUNT_BOOKS).get()).toEqual({ 'count(*)': 10 + UNSENT });
  copy.close();

  await kept.getByTestId('kept-restore').click();
  await expectAccessible(shop.page);
  await shop.page.getByTestId('kept-confirm').click();
  await expect(dialog).toBeVisible({ timeout: REPLACED_LIMIT_MS });
  expect(await shop.count(COUNT_BOOKS)).toBe(10 + UNSENT);
  await dialog.getByTestId('keep-my-data').click();
  await shop.waitForLight('synced', { pending: 0, timeout: REPLACED_LIMIT_MS });
  expect(await server.count(COUNT_BOOKS)).toBe(10 + UNSENT + 1);
  await expect(kept).toHaveCount(2);

  await kept.first().getByTestId('kept-delete').click();
  await expect(shop.page.getByTestId('kept-dialog').getByRole('button', { name: 'Cancel' })).toBeFocused();
  await expectAccessible(shop.page);
  await shop.page.getByTestId('kept-confirm').click();
  await expect(kept).toHaveCount(1);
  expect(shop.faults).toEqual([]);
});

test('the dialog is accessible, fits and can be left, wide or narrow', async ({ server, openShop }) => {
  const shop = await openShop({ path: '/books' });
  await loseServer(shop, server);
  const dialog = shop.page.getByTestId('incompatible-dialog');
  await expect(dialog.getByTestId('only-here')).toContainText('10 records', { timeout: REPLACED_LIMIT_MS });
  await inEachWidth(shop.page, async ({ width }) => {
    await expectAccessible(shop.page);
    const box = await dialog.boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
  });
  for (let presses = 0; presses < 12; presses += 1) {
    await shop.page.keyboard.press('Tab');
    await expect(dialog.locator(':focus')).toHaveCount(1);
  }
  await dialog.getByTestId('discard-unsent').click();
  await expect(dialog.getByTestId('discard-confirm')).toContainText('Discard 37 records');
  await inEachWidth(shop.page, () => expectAccessible(shop.page));

  await shop.page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await shop.waitForLight('incompatible');
  await addBooks(shop, 500, 501);
  await expect(dialog).toBeHidden();
  await shop.footerLight.click();
  await shop.page.getByTestId('sync-ways-out').click();
  await expect(dialog).toBeVisible();
  await shop.page.keyboard.press('Escape');

  await shop.page.goto(new URL('/settings', server.url).href);
  await shop.ready();
  await expect(dialog).toBeVisible({ timeout: INCOMPATIBLE_LIMIT_MS });
  await shop.page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await shop.page.getByTestId('settings-nuke').click();
  await expect(shop.page.getByTestId('nuke-dialog')).toBeVisible();
  await inEachWidth(shop.page, () => expectAccessible(shop.page));
});

/** A shop with ten books that the server has and 37 that it never got; then the server is set up anew. */
async function loseServer(shop: ShopPage, server: ServerProcess): Promise<void> {
  await addBooks(shop, 0, 10);
  await shop.waitForLight('synced', { pending: 0 });
  await shop.syncOff();
  await addBooks(shop, 100, 100 + UNSENT);
  await shop.waitForPending(UNSENT);
  await server.request(`/${SHOP}/reset`, { method: 'POST', headers: { 'content-type': 'application/json' } });
  await shop.syncOn();
}

async function addBooks(shop: ShopPage, from: number, to: number): Promise<void> {
  await shop.page.evaluate(
    async ([sql, first, end]) => {
      for (let number = first; number < end; number += 1)
        await window.octavo.exec(sql, [String(9790000000000 + number), `Book ${number}`]);
    },
    [INSERT, from, to] as const,
  );
}

const many = `
  WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < ?2)
  INSERT INTO book (isbn, title, price) SELECT CAST(?1 + n AS TEXT), 'Book ' || n, n FROM number`;

async function insertMany(server: ServerProcess, from: number, count: number): Promise<void> {
  await server.exec(many, [9_790_000_000_000 + from, count]);
}

async function nuke(page: Page): Promise<void> {
  await page.getByTestId('settings-nuke').click();
  await page.getByTestId('nuke-confirm').click();
}
