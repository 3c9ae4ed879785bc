import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { expectAccessible } from './src/accessibility.ts';
import { enterOneSentAndOneUnsent, openWithoutDatabaseProgram } from './src/scenes.ts';
import { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

const COUNT_BOOKS = 'SELECT count(*) FROM book';
const DATABASE = 'shop.sqlite3';

test('a damaged database can be saved as it is and put aside, and the shop comes anew from the server', async ({
  server,
  newProfile,
}) => {
  const profile = await newProfile({ reducedMotion: 'reduce' });
  const shop = await ShopPage.open(await profile.open(), server.url, '/books');
  await enterOneSentAndOneUnsent(shop);

  const { page } = shop;
  await overwrite(page, server.url, DATABASE, 'This was a database once.');
  await page.goto(server.url);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The database is damaged');
  await expect(page.getByTestId('start-fresh')).toContainText('1 record entered here had not been sent');
  await expectAccessible(page);

  // Trying again is always offered, and changes nothing.
  await page.getByTestId('try-again').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The database is damaged');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: `Download ${DATABASE}`, exact: true }).click();
  expect(await readFile(await (await download).path(), 'utf8')).toMatch(/^This was a database once\./);

  await page.getByTestId('set-aside').focus();
  await page.keyboard.press('Enter');
  await shop.ready();
  await shop.syncOn();
  await shop.waitForLight('synced', { pending: 0 });
  expect(await shop.count(COUNT_BOOKS)).toBe(1);
  await shop.go('Settings');
  const kept = page.getByTestId('kept-databases');
  await expect(kept).toContainText('could not be opened');
  const keptFile = page.waitForEvent('download');
  await kept.getByTestId('kept-download').click();
  expect(await readFile(await (await keptFile).path(), 'utf8')).toMatch(/^This was a database once\./);
  await expect(page.getByTestId('storage-cleared')).toBeHidden();
  expect(shop.faults).toEqual([]);
});

test('when the database’s program does not load, that is said, and the files can be saved all the same', async ({
  server,
  newProfile,
}) => {
  const shop = await openWithoutDatabaseProgram(await newProfile({ serviceWorkers: 'block' }), server.url);
  const { page } = shop;
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The app could not be loaded completely');
  await expect(page.getByTestId('raw-files')).toContainText(DATABASE);
  await expect(page.getByTestId('set-aside')).toBeHidden();
  await page.context().unroute('**/database.worker*');
  await page.getByTestId('try-again').click();
  await shop.ready();
});

test('a database that a newer version of the app has written is not touched, and the doctor says why', async ({
  openShop,
}) => {
  const shop = await openShop();
  await shop.waitForLight('synced');
  const version = await shop.count('PRAGMA user_version');
  await shop.exec(`PRAGMA user_version = ${version + 1}`);
  const { page } = shop;
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This app is older than its database');
  await expect(page.getByTestId('raw-files')).toContainText(DATABASE);
  await page.getByTestId('to-doctor').click();
  await expect(page.getByTestId('cause').first()).toHaveAttribute('data-cause', 'app-older-than-database');
});

test('when it cannot be told which file is the database, none is chosen, and none is lost', async ({
  server,
  newProfile,
}) => {
  const context = await (await newProfile()).open();
  const shop = await ShopPage.open(context, server.url);
  await shop.waitForLight('synced');
  const { page } = shop;
  await overwrite(page, server.url, `${DATABASE}.2`, 'Another one.');
  await overwrite(page, server.url, 'generations', 'nonsense');
  await page.goto(server.url);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    'It cannot be told which file is the database',
  );
  await page.getByTestId('set-aside').click();
  await shop.ready();
  await shop.waitForLight('synced');
  await shop.go('Settings');
  await expect(page.getByTestId('kept-databases').getByRole('listitem')).toHaveCount(2);
});

/** Writes over the beginning of a file in the browser's private storage, while no page of the app is open. */
async function overwrite(page: Page, url: string, name: string, text: string): Promise<void> {
  await page.goto(new URL('/icon.svg', url).href);
  await page.evaluate(
    async ([database, file, content]) => {
      const root = await navigator.storage.getDirectory();
      const folder = await (await root.getDirectoryHandle('octavo')).getDirectoryHandle(database);
      const handle = await folder.getFileHandle(file, { create: true });
      const writable = await handle.createWritable({ keepExistingData: true });
      await writable.write({ type: 'write', position: 0, data: content });
      await writable.close();
    },
    [DATABASE, name, text] as const,
  );
}
