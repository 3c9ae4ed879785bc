import type { Locator } from '@playwright/test';
import { expectAccessible, narrow, tabTo, wide } from './src/accessibility.ts';
import { bucketStore, folderStore, S3Server } from './src/cloud-stores.ts';
import { fillWithDemoShop } from './src/demo-shop.ts';
import { ServerProcess, SHOP } from './src/server-process.ts';
import { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const FAILED = 'Sync failed — click to retry';
const isbn = (number: number) => String(9790000000000 + number);

/** From a write until everybody who looks at the shop sees that its copy fails. */
const SEEN_WITHIN_MS = 2_000;

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
    await expect.poll(() => cloudState(shop)).toBe('copied');
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
  await expect(shop.page.getByText('The copy in the cloud failed again')).toBeVisible();
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

for (const viewport of [wide, narrow]) {
  test(`the button is accessible, sticks out nowhere and covers nothing, ${viewport.width} pixels wide`, async ({
    folder,
    openShop,
  }) => {
    const store = folderStore(folder);
    await using server = await ServerProcess.start({ environment: store.environment });
    await fillWithDemoShop(server);
    const shop = await openShop({ url: server.url, context: { viewport } });
    await shop.waitForLight('synced', { pending: 0 });
    await expect.poll(() => cloudState(shop)).toBe('copied');
    await store.stop();
    await shop.exec(INSERT, [isbn(1), 'Not copied']);
    await expect(button(shop)).toBeVisible();
    await expectAccessible(shop.page);
    const box = await button(shop).boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
    expect(await coveredBy(button(shop))).toEqual([]);
    expect(await shop.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  });
}

/** How the copy is, as the page was told over the live connection. */
async function cloudState(shop: ShopPage): Promise<string | undefined> {
  return (await shop.status()).cloud?.state;
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
