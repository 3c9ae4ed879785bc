import type { Page } from '@playwright/test';
import { expectAccessible } from './src/accessibility.ts';
import { enterOneSentAndOneUnsent } from './src/scenes.ts';
import { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const COUNT_BOOKS = 'SELECT count(*) FROM book';
/** More than the rest of the quota. */
const LARGE = 'x'.repeat(2_000_000);

test('a full disk is said in plain words, harms nothing, and is over when there is room again', async ({
  server,
  newProfile,
}) => {
  const context = await (await newProfile()).open();
  const shop = await ShopPage.open(context, server.url, '/books');
  await shop.exec(INSERT, ['9780306406157', 'Saved before']);
  await shop.waitForLight('synced', { pending: 0 });

  const { usage = 0 } = await shop.page.evaluate(() => navigator.storage.estimate());
  await setQuota(shop.page, server.url, usage + 1_000_000);
  await expect(shop.exec(INSERT, ['9780140328721', LARGE])).rejects.toThrow(/full/);
  await expect(shop.page.getByTestId('storage-full')).toContainText('could not be saved');
  await expectAccessible(shop.page);
  expect(await shop.integrity()).toBe('ok');
  expect(await shop.count(COUNT_BOOKS)).toBe(1);
  await shop.waitForLight('synced');

  await setQuota(shop.page, server.url, undefined);
  await shop.exec(INSERT, ['9780140328721', LARGE]);
  await expect(shop.page.getByTestId('storage-full')).toBeHidden();
  await shop.reload();
  expect(await shop.integrity()).toBe('ok');
  await shop.waitForLight('synced', { pending: 0 });
  expect(await server.count(COUNT_BOOKS)).toBe(2);
});

test('a shop that the browser has cleared comes again, and it is said what is missing', async ({
  server,
  newProfile,
}) => {
  const profile = await newProfile();
  const shop = await ShopPage.open(await profile.open(), server.url);
  await expect(shop.page.getByTestId('storage-cleared')).toBeHidden();
  await enterOneSentAndOneUnsent(shop);

  // What a browser does that is short of room: everything of the site, but for a few settings.
  await shop.page.goto(new URL('/icon.svg', server.url).href);
  const session = await shop.page.context().newCDPSession(shop.page);
  await session.send('Storage.clearDataForOrigin', {
    origin: new URL(server.url).origin,
    storageTypes: 'file_systems,indexeddb,cache_storage,service_workers',
  });
  await shop.goto(new URL('/books', server.url).href);
  const notice = shop.page.getByTestId('storage-cleared');
  await expect(notice).toContainText('The browser has cleared shop.sqlite3');
  await expect(notice).toContainText('1 record entered here had not been sent');
  await expect(shop.page.getByTestId('rows')).toContainText('On the server');
  await shop.waitForLight('synced', { pending: 0 });
  expect(await shop.count(COUNT_BOOKS)).toBe(1);
  await expectAccessible(shop.page);

  await shop.reload();
  await expect(notice).toBeVisible();
  await notice.getByRole('button', { name: 'I have read this' }).click();
  await expect(notice).toBeHidden();
  await shop.reload();
  await shop.waitForLight('synced');
  await expect(notice).toBeHidden();
});

test('the settings say how much is used of how much, and whether it lasts', async ({ openShop }) => {
  const shop = await openShop({ path: '/settings' });
  await expect(shop.page.getByTestId('settings-storage')).toHaveText(/[\d.]+ [KM]B used of [\d.]+ [KMG]B\./);
  await expect(shop.page.getByTestId('storage-meter')).toBeVisible();
  const persisted = await shop.page.evaluate(() => navigator.storage.persisted());
  await expect(shop.page.getByTestId('settings-storage')).toHaveAttribute(
    'data-persisted',
    String(persisted),
  );
});

test('what one tab changes in the settings holds in the others', async ({ server, openShop }) => {
  const first = await openShop({ path: '/settings' });
  const second = await ShopPage.open(first.page.context(), server.url, '/settings');
  await first.page.getByTestId('settings-currency').selectOption('CHF');
  await expect(second.page.getByTestId('settings-currency')).toHaveValue('CHF');
  await first.syncOff();
  await expect(second.page.getByTestId('settings-sync')).not.toBeChecked();
});

async function setQuota(page: Page, url: string, bytes: number | undefined): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const quotaSize = bytes === undefined ? {} : { quotaSize: bytes };
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(url).origin, ...quotaSize });
}
