import { expectAccessible } from './src/accessibility.ts';
import { BrowserProfile } from './src/browser-profile.ts';
import { ChangedApp } from './src/changed-app.ts';
import { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const COUNT_BOOKS = 'SELECT count(*) FROM book';
const LABEL = 'Not saved on this device';

test('with every site’s data blocked, the shop is there and syncs, and says in every tab that it is not saved', async ({
  server,
}) => {
  await server.exec(INSERT, ['9780306406157', 'From the server']);
  await using profile = await BrowserProfile.withBlockedStorage({
    viewport: { width: 360, height: 740 },
    reducedMotion: 'reduce',
  });
  const context = await profile.open();
  const shop = await ShopPage.open(context, server.url, '/books');
  await shop.waitForLight('synced', { pending: 0 });
  await expect(shop.page.getByTestId('rows')).toContainText('From the server');
  const label = shop.page.getByTestId('not-saved');
  await expect(label).toContainText(LABEL);
  await expect(label).toBeInViewport({ ratio: 1 });
  await expectAccessible(shop.page);

  // Each tab is a replica of its own: what one writes comes to the other by way of the server.
  const second = await ShopPage.open(context, server.url, '/books');
  await second.waitForLight('synced', { pending: 0 });
  expect(await second.siteId()).not.toBe(await shop.siteId());
  await second.exec(INSERT, ['9780140328721', 'From the second tab']);
  await expect(shop.page.getByTestId('rows')).toContainText('From the second tab');
  expect(await server.count(COUNT_BOOKS)).toBe(2);

  // Walking between tabs takes nobody's memory away.
  await shop.page.bringToFront();
  await second.page.bringToFront();
  expect(await second.count(COUNT_BOOKS)).toBe(2);
  expect([...shop.faults, ...second.faults]).toEqual([]);
});

test('leaving with something unsent warns, and leaving with everything sent does not', async ({ server }) => {
  await using profile = await BrowserProfile.withBlockedStorage();
  const shop = await ShopPage.open(await profile.open(), server.url, '/books');
  await shop.waitForLight('synced', { pending: 0 });
  const asked: string[] = [];
  shop.page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  // Browsers ask only for a page that somebody has touched.
  await shop.page.getByRole('heading', { level: 1 }).click();
  await shop.reload();
  expect(asked).toEqual([]);

  await shop.waitForLight('synced', { pending: 0 });
  await shop.syncOff();
  await shop.exec(INSERT, ['9780306406157', 'Only in this window']);
  await expect(shop.page.getByTestId('not-saved')).toContainText('1 record not sent yet');
  await shop.page.getByRole('heading', { level: 1 }).click();
  await shop.reload();
  expect(asked).toEqual(['beforeunload']);
  expect(await shop.count(COUNT_BOOKS)).toBe(0);
});

test('a browser that lets the page look, but its worker write nothing, is no different', async ({
  server,
  openShop,
}) => {
  await using app = await ChangedApp.inFrontOf(server.port, {
    file: /database\.worker/,
    change: (text) => `FileSystemFileHandle.prototype.createSyncAccessHandle = () =>
      Promise.reject(new DOMException('Not here.', 'SecurityError'));\n${text}`,
  });
  app.release();
  const shop = await openShop({ url: app.url, path: '/books' });
  await expect(shop.page.getByTestId('not-saved')).toContainText(LABEL);
  await shop.exec(INSERT, ['9780306406157', 'Sent']);
  await shop.waitForLight('synced', { pending: 0 });
  expect(await server.count(COUNT_BOOKS)).toBe(1);

  // Also what replaces the database works in memory: the files go from one worker to the next.
  await shop.syncOff();
  await shop.exec(INSERT, ['9780140328721', 'Not sent yet']);
  const before = await shop.siteId();
  await shop.syncOn();
  await shop.go('Settings');
  await expect(shop.page.getByTestId('settings-memory')).toBeVisible();
  await shop.page.getByTestId('settings-nuke').click();
  await shop.page.getByTestId('nuke-confirm').click();
  await expect.poll(() => shop.siteId()).not.toBe(before);
  expect(await shop.count(COUNT_BOOKS)).toBe(2);
  await shop.waitForLight('synced', { pending: 0 });
});
