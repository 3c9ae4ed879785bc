import type { BrowserContext } from '@playwright/test';
import { BooksScreen } from './src/screens/books.ts';
import { ShopPage } from './src/shop-page.ts';
import { fillWithBooks } from './src/stock-lists.ts';
import { expect, test } from './src/test.ts';

const BOOKS = 10_000;

test('with the server gone and the browser restarted, the app opens from its cache and searches every book', async ({
  server,
  newProfile,
}) => {
  await fillWithBooks(server, BOOKS);
  const profile = await newProfile();
  const first = await ShopPage.open(await profile.open(), server.url);
  await first.waitForLight('synced', { timeout: 30_000 });
  expect(await first.count('SELECT count(*) FROM book')).toBe(BOOKS);
  await first.waitUntilInstalled();
  await profile.close();
  await server.kill();

  const context = await profile.open();
  await forgetHttpCache(context);
  await context.setOffline(true);
  const shop = await ShopPage.open(context, server.url, '/books');
  const books = new BooksScreen(shop);
  await expect(books.total).toHaveText('10,000 books');
  await expect(books.row('Book 1,')).toBeVisible();
  expect((await shop.light()).status).not.toBe('synced');

  await books.search.fill('book 9876 author');
  await expect(books.total).toHaveText('1 book');
  await expect(books.row('Book 9876')).toBeVisible();

  // A screen that was never visited, by its address.
  await shop.goto(new URL('/outbound', server.url).href);
  await expect(shop.page.getByRole('heading', { level: 1, name: 'Outbound' })).toBeVisible();
});

/** Browsers throw away what they have fetched whenever they like; only what the service worker keeps is promised. */
async function forgetHttpCache(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.clearBrowserCache');
  await page.close();
}
