import type { Locator } from '@playwright/test';
import { expectAccessible, inEachWidth, tabTo } from './src/accessibility.ts';
import { bucketStore, folderStore, S3Server } from './src/cloud-stores.ts';
import { runOctavo } from './src/command-line.ts';
import { recordContent } from './src/content-record.ts';
import { fillWithDemoShop } from './src/demo-shop.ts';
import { ServerProcess, SHOP } from './src/server-process.ts';
import { ShopPage } from './src/shop-page.ts';
import { BooksScreen } from './src/screens/books.ts';
import { TcpProxy } from './src/tcp-proxy.ts';
import { expect, test } from './src/test.ts';

const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const FAILED = 'Sync failed — click to retry';
const isbn = (number: number) => String(9790000000000 + number);

/** From a write until everybody who looks at the shop sees that its copy fails. */
const SEEN_WITHIN_MS = 2_000;

const NEW_BOOKS = 10_000;
/** Titles that come after all that are there: what is in sight stays in sight. */
const ADD_BOOKS = `WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
  INSERT INTO book (isbn, title, authors, publisher)
  SELECT 9791000000000 + i, 'Zz ' || i || hex(randomblob(20)), hex(randomblob(20)), 'Publisher ' || (i % 500) FROM n`;

const button = ({ page }: ShopPage): Locator => page.getByTestId('cloud-status');

const stores = [
  ['a folder', folderStore],
  ['a bucket', bucketStore],
] as const;

for (const [place, open] of stores) {
  test(`with the store gone, ${place}, writes go on and the button is there within 2 s; the next write after it is back takes it away`, async ({
    browser,
    folder,
  }) => {
    await using store = await open(folder);
    await using server = await ServerProcess.start({ environment: store.environment });
    const context = await browser.newContext();
    const shop = await ShopPage.open(context, server.url);
    const follower = await ShopPage.open(context, server.url);
    await shop.exec(INSERT, [isbn(1), 'Copied']);
    await shop.waitForLight('synced', { pending: 0 });
    await expect.poll(() => copyOf(shop)).toBe('copied 1');
    await expect(button(shop)).toHaveCount(0);
    expect(await statusHeader(server)).toBeNull();

    await store.stop();
    await shop.exec(INSERT, [isbn(2), 'Not copied']);
    for (const tab of [shop, follower])
      await expect(button(tab)).toHaveText(FAILED, { timeout: SEEN_WITHIN_MS });
    await shop.waitForLight('synced', { pending: 0 });
    expect(await server.count('SELECT count(*) FROM book')).toBe(2);
    expect(await statusHeader(server)).toBe('failed');
    await expect(shop.page.getByRole('dialog')).toHaveCount(0);
    await expect(shop.page.getByTestId('cloud-announcement')).toHaveText(/^The copy in the cloud has failed/);

    await store.restart();
    await follower.exec(INSERT, [isbn(3), 'Copied with the second']);
    for (const tab of [shop, follower]) await expect(button(tab)).toHaveCount(0);
    expect(await statusHeader(server)).toBeNull();
    await expect(shop.page.getByTestId('cloud-announcement')).toHaveText(
      'The copy in the cloud is well again.',
    );
    await context.close();
  });
}

test('a click tries again: in vain while the store is away, with progress while it takes, and then the button is gone', async ({
  folder,
  openShop,
}) => {
  await using store = await S3Server.start(folder);
  await using server = await ServerProcess.start({ environment: store.environment });
  const shop = await openShop({ url: server.url });
  await shop.waitForLight('synced');
  await store.kill();
  await shop.exec(INSERT, [isbn(1), 'Not copied']);
  await expect(button(shop)).toHaveText(FAILED, { timeout: SEEN_WITHIN_MS });

  await tabTo(shop.page, FAILED);
  await shop.page.keyboard.press('Enter');
  await expect(shop.page.getByText('No copy was made')).toBeVisible();
  await expect(button(shop)).toHaveText(FAILED);
  await expect(button(shop)).toBeFocused();

  await store.restart();
  store.freeze();
  const retried = shop.page.waitForResponse(`**/api/retry-sync?db=${SHOP}`);
  await shop.page.keyboard.press('Enter');
  await expect(button(shop)).toHaveText('Retrying…');
  await expect(button(shop)).toHaveAttribute('aria-busy', 'true');
  store.thaw();
  expect(await (await retried).json()).toMatchObject({ ok: true, version: 1 });
  await expect(button(shop)).toHaveCount(0);
  await expect(shop.footerLight).toBeFocused();
});

test('with sync switched off, the header of any answer shows the button, and an answer without it takes it away', async ({
  folder,
  openShop,
}) => {
  const store = folderStore(folder);
  await using server = await ServerProcess.start({ environment: store.environment });
  const shop = await openShop({ url: server.url });
  await shop.waitForLight('synced');
  await shop.syncOff();
  await server.exec(INSERT, [isbn(1), 'Copied']);
  await store.stop();
  await server.exec(INSERT, [isbn(2), 'Not copied']);
  await shop.reload();
  await shop.waitForLight('disconnected');
  await expect(button(shop)).toHaveText(FAILED);

  await store.restart();
  await button(shop).click();
  await expect(button(shop)).toHaveCount(0);
});

test('a device that may only read sees that the copy fails, and is told why it may not try again', async ({
  folder,
  openShop,
}) => {
  const store = folderStore(folder);
  await using server = await ServerProcess.start({ environment: store.environment, tokens: true });
  const link = new URL(await server.signInUrl);
  const admin = await openShop({ url: server.url, path: `/${link.hash}` });
  await admin.exec(INSERT, [isbn(1), 'Copied']);
  await expect.poll(() => copyOf(admin)).toBe('copied 1');
  const made = await runOctavo(['token', 'create', 'display', '--role', 'reader'], server);
  const display = await openShop({ url: server.url, path: `/#token=${made.output.trim()}` });
  await display.waitForLight('synced');
  await store.stop();
  await admin.exec(INSERT, [isbn(2), 'Not copied']);
  await expect(button(display)).toHaveText(FAILED, { timeout: SEEN_WITHIN_MS });
  await button(display).click();
  await expect(display.page.getByText('This token is not enough')).toBeVisible();
  await expect(button(display)).toHaveText(FAILED);
  await expect(button(display)).toBeEnabled();
  await store.restart();
  await button(admin).click();
  await expect(button(display)).toHaveCount(0);
});

test('behind the light is how old the copy is, which version has what was entered last, and why it fails', async ({
  folder,
  openShop,
}) => {
  const store = folderStore(folder);
  await using server = await ServerProcess.start({ environment: store.environment });
  const shop = await openShop({ url: server.url });
  await shop.exec(INSERT, [isbn(1), 'Copied']);
  await shop.waitForLight('synced', { pending: 0 });
  await shop.footerLight.click();
  const facts = shop.page.getByTestId('sync-facts');
  await expect(facts.getByTestId('fact-cloud')).toHaveText(/^version 1, (just now|\d+ s ago), at /);
  await expect(facts.getByTestId('fact-cloud-own')).toHaveText('in version 1');

  await store.stop();
  await shop.exec(INSERT, [isbn(2), 'Not copied']);
  await expect(facts.getByTestId('fact-cloud')).toHaveText(/^behind; the last one is version 1, /);
  await expect(facts.getByTestId('fact-cloud-own')).toHaveText('not in the copy yet');
  await expect(shop.page.getByTestId('cloud-sentence')).toContainText('safe on its disk');

  await store.restart();
  await button(shop).click();
  await expect(button(shop)).toHaveCount(0);
  await shop.footerLight.click();
  await expect(facts.getByTestId('fact-cloud-own')).toHaveText('in version 2');
  await expect(shop.page.getByTestId('cloud-sentence')).toHaveCount(0);
});

test('the Debug page names the moment that has everything, where it is kept, and what to do about the size', async ({
  folder,
  openShop,
}) => {
  const store = folderStore(folder);
  const environment = { ...store.environment, OCTAVO_SIZE_INFO_KB: '64' };
  await using server = await ServerProcess.start({ environment });
  const shop = await openShop({ url: server.url, path: '/debug' });
  await shop.exec(INSERT, [isbn(1), 'Copied']);
  const cloud = shop.page.getByTestId('debug-cloud');
  const { siteId } = (await server.request(`/${SHOP}/meta`)) as { siteId: string };
  await expect(cloud.getByTestId('debug-cloud-moment')).toHaveText(`${siteId}:1`);
  await expect(cloud.getByTestId('debug-cloud-state')).toHaveText('copied');
  await expect(cloud.getByTestId('debug-cloud-through')).toContainText('everything');
  await expect(cloud).toContainText(folder);
  await expect(cloud.getByTestId('debug-cloud-size')).toHaveText(/^\d+ KB at the server\. \S+/);

  await store.stop();
  await shop.exec(INSERT, [isbn(2), 'Not copied']);
  await expect(cloud.getByTestId('debug-cloud-state')).toHaveText('failed: unreachable');
  await expect(cloud.getByTestId('debug-cloud-through')).toContainText('what is up to version 1');
  await expect(cloud.getByTestId('debug-cloud-message')).not.toBeEmpty();
  await expectAccessible(shop.page);
});

test('the button is accessible, sticks out nowhere and covers nothing, wide or narrow', async ({
  folder,
  openShop,
}) => {
  const store = folderStore(folder);
  await using server = await ServerProcess.start({ environment: store.environment });
  await fillWithDemoShop(server);
  const shop = await openShop({ url: server.url });
  await shop.waitForLight('synced', { pending: 0 });
  await expect.poll(() => copyOf(shop)).toBe('copied 1');
  await store.stop();
  await shop.exec(INSERT, [isbn(1), 'Not copied']);
  await inEachWidth(shop.page, async (viewport) => {
    await expect(button(shop)).toBeVisible();
    await expectAccessible(shop.page);
    const box = await button(shop).boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
    expect(await coveredBy(button(shop))).toEqual([]);
    expect(await shop.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  });
});

test('what another server wrote to the store comes at page load, with progress, while the content stays', async ({
  browser,
  folder,
}) => {
  await using store = await S3Server.start(folder);
  await using line = await TcpProxy.listen();
  line.leadTo(Number(new URL(store.place.endpoint ?? '').port));
  await using first = await ServerProcess.start({ environment: store.environment });
  await fillWithDemoShop(first);
  await untilCopied(first);
  // The second one is far from the store.
  const environment = { ...store.environment, OCTAVO_S3_ENDPOINT: line.url };
  await using second = await ServerProcess.start({ environment });
  const context = await browser.newContext();
  const shop = await ShopPage.open(context, second.url, '/books');
  await shop.waitForLight('synced', { pending: 0 });
  await expect(new BooksScreen(shop).row('Anna Karenina')).toBeVisible();

  for (let slice = 0; slice < NEW_BOOKS; slice += 5_000) await first.exec(ADD_BOOKS, [slice, slice + 5_000]);
  await untilCopied(first);
  line.open({ megabytesPerSecond: 0.15 });
  const contentOf = await recordContent(context);
  await shop.reload();
  const badge = shop.page.getByTestId('check-badge');
  await expect(badge).toHaveText('⟳ Syncing');
  await expect(badge).toHaveAttribute('aria-valuenow', /^[1-9]/, { timeout: 20_000 });
  await expectAccessible(shop.page);
  await expect(new BooksScreen(shop).total).toHaveText('10,042 books', { timeout: 60_000 });
  await expect(badge).toHaveCount(0);
  expect(await second.count('SELECT count(*) FROM book')).toBe(10_042);

  const { percents, lost, filled } = await contentOf(shop.page);
  expect(new Set(percents).size, percents.join(' ')).toBeGreaterThan(2);
  expect(percents).toEqual(percents.toSorted((one, other) => one - other));
  expect(filled, 'rows that were looked at').toBeGreaterThan(10);
  expect(lost, 'rows that went, or were emptied').toEqual([]);
  await context.close();
});

test('where an empty server takes over from one whose shop is in the store, the page is loaded anew, once', async ({
  browser,
  folder,
}) => {
  const branch = 'branch.sqlite3';
  const store = folderStore(folder);
  await using address = await TcpProxy.listen();
  const options = { environment: store.environment, origins: [address.url] };
  await using first = await ServerProcess.start(options);
  await using second = await ServerProcess.start(options);
  address.leadTo(first.port);
  const context = await browser.newContext();
  const shop = await ShopPage.open(context, address.url, `/books?db=${branch}`);
  await shop.exec(INSERT, [isbn(1), 'In the store']);
  await expect.poll(() => copyOf(shop)).toBe('copied 1');
  // There is another shop under the name, with nothing in it.
  await second.exec('SELECT 1', [], branch);
  address.cut();
  address.leadTo(second.port);
  address.open();
  await shop.waitForLight('incompatible');

  let loads = 0;
  shop.page.on('load', () => (loads += 1));
  await shop.page.reload();
  await expect.poll(() => loads).toBe(2);
  await shop.ready();
  await shop.waitForLight('synced', { pending: 0 });
  await expect(new BooksScreen(shop).row('In the store')).toBeVisible();
  await expect(shop.page.getByTestId('check-badge')).toHaveCount(0);
  expect(await second.exec('SELECT title FROM book', [], branch)).toEqual([{ title: 'In the store' }]);
  expect(loads).toBe(2);
  await context.close();
});

test('a browser that has only met the empty shop takes the one from the store, and nobody is asked', async ({
  browser,
  folder,
}) => {
  const branch = 'branch.sqlite3';
  const store = folderStore(folder);
  await using first = await ServerProcess.start({ environment: store.environment });
  await using second = await ServerProcess.start({ environment: store.environment });
  const context = await browser.newContext();
  const shop = await ShopPage.open(context, second.url, `/books?db=${branch}`);
  await shop.waitForLight('synced', { pending: 0 });
  await first.exec(INSERT, [isbn(1), 'In the store'], branch);
  await first.request(`/api/retry-sync?db=${branch}`, { method: 'POST' });

  await shop.page.reload();
  await shop.page.waitForEvent('load');
  await expect(new BooksScreen(shop).row('In the store')).toBeVisible();
  await shop.waitForLight('synced', { pending: 0 });
  await expect(shop.page.getByTestId('incompatible-dialog')).toBeHidden();
  await context.close();
});

test('a server that says again and again that the page has to be loaded anew is believed once', async ({
  server,
  browser,
}) => {
  const context = await browser.newContext();
  const body = { status: 'completed', message: '', progress: 1, is_syncing: false, needs_reload: true };
  await context.route('**/api/sync-status?**', (route) => route.fulfill({ json: body }));
  const page = await context.newPage();
  let loads = 0;
  page.on('load', () => (loads += 1));
  const shop = new ShopPage(page);
  await shop.goto(server.url);
  await expect.poll(() => loads).toBe(2);
  await shop.ready();
  await page.waitForResponse('**/api/sync-status?**');
  await expect(page.getByTestId('check-badge')).toHaveCount(0);
  await shop.waitForLight('synced');
  expect(loads).toBe(2);
  await context.close();
});

/** How the copy is, as the page was told over the live connection, such as `copied 1`. */
async function copyOf(shop: ShopPage): Promise<string> {
  const { cloud } = await shop.status();
  if (cloud === undefined || cloud.state === 'off') return String(cloud?.state);
  return `${cloud.state} ${cloud.version}`;
}

/** Until what a server has written is in the store: on a busy machine it answers before. */
async function untilCopied(server: ServerProcess): Promise<void> {
  await server.request(`/api/retry-sync?db=${SHOP}`, { method: 'POST' });
}

async function statusHeader(server: ServerProcess): Promise<string | null> {
  const response = await fetch(new URL(`/${SHOP}/meta`, server.url));
  return response.headers.get('x-sync-status');
}

/** What else of the page lies where this is: every button, link, field and row that overlaps it. */
function coveredBy(locator: Locator): Promise<string[]> {
  return locator.evaluate((element) => {
    const own = element.getBoundingClientRect();
    return [...document.querySelectorAll('button, a, input, main, nav')]
      .filter((other) => {
        const { left, right, top, bottom, width } = other.getBoundingClientRect();
        const apart = right <= own.left || left >= own.right || bottom <= own.top || top >= own.bottom;
        return other !== element && width > 1 && !apart;
      })
      .map((other) => other.outerHTML.slice(0, 80));
  });
}
