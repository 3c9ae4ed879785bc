import { expectAccessible } from './src/accessibility.ts';
import { CommandProxy } from './src/command-proxy.ts';
import { fillWithNeeds } from './src/demo-needs.ts';
import { coverPicture } from './src/pictures.ts';
import { BooksScreen } from './src/screens/books.ts';
import { need } from './src/screens/orders.ts';
import { followOutbox, Outbox, withoutBackgroundSync } from './src/screens/outbox.ts';
import { orderOffline } from './src/scenes.ts';
import { ShopPage } from './src/shop-page.ts';
import type { ServerProcess } from './src/server-process.ts';
import { SyncControl } from './src/sync-control.ts';
import { expect, test } from './src/test.ts';

/** The types of the commands that a server has done, in order, as its log has them. */
function doneByLog(server: ServerProcess): string[] {
  return server.log.split('\n').flatMap((line) => /"type":"([^"]+)","outcome":"done"/.exec(line)?.[1] ?? []);
}

const ORDERS = `SELECT number, supplier_name AS supplier FROM supplier_order ORDER BY year, number`;

test('orders and a cover outlive the browser, and are carried out in order when the server is back', async ({
  server,
  openShop,
  newProfile,
}) => {
  const needs = await fillWithNeeds(server, 3);
  const [{ isbn } = { isbn: '' }] = needs;
  const profile = await newProfile();
  const before = await ShopPage.open(await profile.open(), server.url, '/orders');
  await before.waitForLight('synced', { pending: 0 });
  await before.waitUntilInstalled();
  await orderOffline(before, server, ...needs.map(({ supplier }) => supplier));
  await expect(before.page.getByTestId('pending-command')).toHaveText(
    needs.map(() => 'To be placed when online'),
  );
  const books = await BooksScreen.open(before);
  await books.openBook(isbn);
  await before.page.getByTestId('cover-file').setInputFiles(coverPicture);
  await expect(before.page.getByTestId('pending-command')).toHaveText('To be uploaded when online');
  await expect(before.page.getByTestId('cover-image')).toBeVisible();
  await new Outbox(before).waitForQueued(4);

  await profile.close();
  const context = await profile.open();
  await followOutbox(context);
  const shop = await ShopPage.open(context, server.url, '/outbox');
  const outbox = new Outbox(shop);
  await outbox.waitForQueued(4);
  await expect(outbox.entries).toHaveCount(4);
  await server.restart();
  await outbox.waitUntilSynced();
  await outbox.waitForQueued(0);
  expect(await outbox.said()).toEqual(
    expect.arrayContaining([
      'Syncing changes… (2 of 4)',
      'Syncing changes… (4 of 4)',
      'Your changes have been synced!',
    ]),
  );
  const placed = needs.map(({ supplier }, index) => ({ number: index + 1, supplier }));
  expect(await server.exec(ORDERS)).toEqual(placed);
  expect(doneByLog(server)).toEqual([...needs.map(() => 'supplier-order.place'), 'book.cover.upload']);
  const other = await openShop({ path: '/orders/placed' });
  for (const { supplier } of needs)
    await expect(other.page.getByRole('row', { name: supplier })).toBeVisible();
  await (await BooksScreen.open(other)).openBook(isbn);
  await expect(other.page.getByTestId('cover-image')).toBeVisible();
  await expect(outbox.toast).toBeHidden();
});

test('of two who order the same lines offline one wins, and the other is told whose order it is', async ({
  server,
  openShop,
}) => {
  const [needed] = await fillWithNeeds(server, 1);
  const { supplier = '' } = needed ?? {};
  const shops = [await openShop({ path: '/orders' }), await openShop({ path: '/orders' })];
  for (const shop of shops) await shop.waitForLight('synced', { pending: 0 });
  await server.stop();
  for (const shop of shops) {
    await new Outbox(shop).place(supplier);
    await new Outbox(shop).waitForQueued(1);
  }
  await server.restart();
  for (const shop of shops) await new Outbox(shop).waitForQueued(0);
  expect(await server.exec(ORDERS)).toEqual([{ number: 1, supplier }]);

  const told = shops.map((shop) => shop.page.getByTestId('outbox-rejected'));
  await expect.poll(() => Promise.all(told.map((each) => each.count()))).toContain(1);
  const counts = await Promise.all(told.map((each) => each.count()));
  expect(counts.toSorted()).toEqual([0, 1]);
  const loser = shops[counts.indexOf(1)];
  if (loser === undefined) throw new Error('Nobody has lost.');
  const { page } = loser;
  const toast = page.getByTestId('outbox-rejected');
  await expect(toast).toContainText(
    `Conflict detected for the order from ${supplier}. Server version restored. Please review changes.`,
  );
  await expect(toast).toContainText('You had seen 2 copies; now nothing is open any more.');
  await expectAccessible(page);
  await toast.getByRole('link', { name: 'Review' }).click();
  await expect(toast).toBeHidden();
  await loser.go('Outbox');
  await expect(new Outbox(loser).refused).toContainText('Conflict');
  await loser.go('Customers');
  await page.getByRole('row', { name: 'Ada Lovelace' }).click();
  await expect(page.getByTestId('wish')).toHaveAttribute('data-state', 'placed');
  await expect(page.getByTestId('wish')).toContainText(/Order \d{4}\/1/);
  // Told once.
  await loser.reload();
  await loser.waitForLight('synced');
  await expect(toast).toBeHidden();
});

test('without a page, twenty-five are sent in three batches of at most ten, in order', async ({
  server,
  newProfile,
}) => {
  const needs = await fillWithNeeds(server, 25);
  await using proxy = await CommandProxy.inFrontOf(server.port);
  const context = await (await newProfile()).open();
  const shop = await ShopPage.open(context, proxy.url, '/orders');
  await shop.waitForLight('synced', { pending: 0 });
  await shop.waitUntilInstalled();
  await context.setOffline(true);
  for (const { supplier } of needs) await new Outbox(shop).place(supplier);
  await new Outbox(shop).waitForQueued(25);

  // A page of the same origin that is not the app.
  const { page } = shop;
  await page.goto(new URL('/icon.svg', proxy.url).href);
  expect(proxy.sent).toEqual([]);
  const [worker] = context.serviceWorkers();
  await worker?.evaluate(() => {
    const sent: number[] = [];
    Reflect.set(self, 'sentByEvent', sent);
    self.addEventListener('sync', () => void sent.push(0));
    const send = self.fetch.bind(self);
    self.fetch = (...request) => {
      sent.push((sent.pop() ?? 0) + 1);
      return send(...request);
    };
  });
  await page.evaluate(() => {
    const messages: unknown[] = [];
    Reflect.set(window, 'messages', messages);
    navigator.serviceWorker.addEventListener('message', ({ data }) => messages.push(data));
    navigator.serviceWorker.startMessages();
  });
  await context.setOffline(false);
  await expect.poll(() => server.count('SELECT count(*) FROM supplier_order'), { timeout: 20_000 }).toBe(25);
  expect(await server.exec(ORDERS)).toEqual(
    needs.map(({ supplier }, index) => ({ number: index + 1, supplier })),
  );
  expect(await worker?.evaluate(() => Reflect.get(self, 'sentByEvent') as number[])).toEqual([10, 10, 5]);
  const progress = needs.map((_, index) => ({ type: 'SYNC_PROGRESS', current: index + 1, total: 25 }));
  await expect
    .poll(() => page.evaluate(() => Reflect.get(window, 'messages') as unknown[]))
    .toEqual(expect.arrayContaining(progress));
});

test('a service worker that is killed in the middle of a request leaves the command, which is done once', async ({
  server,
  newProfile,
}) => {
  const [needed] = await fillWithNeeds(server, 1);
  await using proxy = await CommandProxy.inFrontOf(server.port);
  proxy.fate = () => ({ name: 'answered', status: 503, body: 'Back soon.', type: 'text/plain' });
  const context = await (await newProfile()).open();
  const shop = await ShopPage.open(context, proxy.url, '/orders');
  await shop.waitForLight('synced', { pending: 0 });
  await shop.waitUntilInstalled();
  await orderOffline(shop, server, needed?.supplier ?? '');
  const { page } = shop;
  await page.goto(new URL('/icon.svg', proxy.url).href);
  await server.restart();

  // The server has done it, and nobody hears of that.
  proxy.sent.length = 0;
  proxy.fate = () => ({ name: 'done, never answered' });
  await using control = await SyncControl.of(page);
  await control.wake();
  await expect.poll(() => server.count('SELECT count(*) FROM supplier_order')).toBe(1);
  await control.kill();
  proxy.fate = () => ({ name: 'arrives' });
  await shop.goto(new URL('/outbox', proxy.url).href);
  await new Outbox(shop).waitUntilSynced();
  await new Outbox(shop).waitForQueued(0);
  expect(new Set(proxy.sent.map(({ id }) => id)).size).toBe(1);
  expect(proxy.sent.length).toBeGreaterThan(1);
  expect(await server.exec(ORDERS)).toEqual([{ number: 1, supplier: needed?.supplier }]);
});

test('where there is no Background Sync it is said once, and all the rest is the same', async ({
  server,
  openShop,
}) => {
  const needs = await fillWithNeeds(server, 2);
  await using proxy = await CommandProxy.inFrontOf(server.port);
  const shop = await openShop({ url: proxy.url });
  await withoutBackgroundSync(shop.page.context());
  await shop.goto(new URL('/orders', proxy.url).href);
  await shop.waitForLight('synced', { pending: 0 });
  const outbox = new Outbox(shop);
  const notice = shop.page.getByTestId('outbox-without-sync');
  proxy.fate = () => ({ name: 'answered', status: 503, body: 'Back soon.', type: 'text/plain' });
  await outbox.place(needs[0]?.supplier ?? '');
  await expect(notice).toHaveText(
    /Background sync is not available here\. Stay online when submitting, or use Sync now\./,
  );
  await expectAccessible(shop.page);
  await expect.poll(() => proxy.sent.length).toBe(1);
  proxy.fate = () => ({ name: 'arrives' });
  await notice.getByRole('button', { name: 'Sync now' }).click();
  await outbox.waitUntilSynced();
  await notice.getByRole('button', { name: 'Dismiss' }).click();

  await orderOffline(shop, server, needs[1]?.supplier ?? '');
  await expect(notice).toBeHidden();
  await server.restart();
  await outbox.waitForQueued(0);
  expect(await server.count('SELECT count(*) FROM supplier_order')).toBe(2);
});

test('what was decided in one shop waits while another one is in use, and goes to no other', async ({
  server,
  openShop,
}) => {
  const [needed] = await fillWithNeeds(server, 1);
  await using proxy = await CommandProxy.inFrontOf(server.port);
  const shop = await openShop({ url: proxy.url, path: '/orders' });
  const outbox = new Outbox(shop);
  await shop.waitForLight('synced', { pending: 0 });
  await shop.waitUntilInstalled();
  await orderOffline(shop, server, needed?.supplier ?? '');
  await server.restart();
  proxy.fate = () => ({ name: 'answered', status: 502, body: 'Not now.', type: 'text/plain' });
  await shop.goto(new URL('/outbox?db=other.sqlite3', proxy.url).href);
  await shop.waitForLight('synced');
  await outbox.waitForQueued(0);
  const elsewhere = shop.page.getByRole('region', { name: 'Of another shop' });
  await expect(elsewhere.getByTestId('outbox-entry')).toContainText('For shop.sqlite3 at 127.0.0.1');
  proxy.sent.length = 0;
  proxy.fate = () => ({ name: 'arrives' });
  await using control = await SyncControl.of(shop.page);
  await control.wake();
  await shop.reload();
  await shop.waitForLight('synced');
  expect(proxy.sent).toEqual([]);

  await shop.goto(new URL('/outbox?db=shop.sqlite3', proxy.url).href);
  await outbox.waitForQueued(0);
  expect(new Set(proxy.sent.map(({ path }) => path))).toEqual(new Set(['/shop.sqlite3/commands']));
  expect(await server.count('SELECT count(*) FROM supplier_order')).toBe(1);
});

test('what was decided before Nuke and Resync is done with the rows that came along', async ({
  server,
  openShop,
}) => {
  const [{ supplier, isbn } = { supplier: '', isbn: '' }] = await fillWithNeeds(server, 1);
  const shop = await openShop({ path: '/orders' });
  await shop.waitForLight('synced', { pending: 0 });
  const outbox = new Outbox(shop);
  await shop.syncOff();
  await shop.exec(
    "INSERT INTO customer_order_line (id, customer_id, isbn, quantity, created_at) VALUES ('mine', '', ?, 3, 1)",
    [isbn],
  );
  await expect(need(shop, isbn)).toHaveAttribute('data-quantity', '5');
  await outbox.place(supplier);
  await expect.poll(() => outbox.states()).toMatchObject([{ reason: { kind: 'not-yet' } }]);
  await shop.go('Settings');
  await shop.page.getByTestId('settings-nuke').click();
  await shop.page.getByTestId('nuke-confirm').click();
  await expect(shop.page.getByTestId('recovery-report')).toBeVisible({ timeout: 30_000 });
  await shop.syncOn();
  await outbox.waitForQueued(0);
  expect(await server.count('SELECT sum(quantity) FROM supplier_order_line')).toBe(5);
});
