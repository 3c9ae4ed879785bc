import type { SyncStatus } from '@octavo/sync/state.ts';
import { ShopPage } from './src/shop-page.ts';
import { TcpProxy } from './src/tcp-proxy.ts';
import { ServerProcess } from './src/server-process.ts';
import { expect, test } from './src/test.ts';

/** A proof lives 3 s, and the silence of a server is noticed within that. */
const NOT_GREEN_WITHIN_MS = 6_000;
const RED_WITHIN_MS = 6_000;
const GREEN_AGAIN_WITHIN_MS = 3_000;

test('a killed server is red soon, and green again soon after it is back', async ({ server, openShop }) => {
  const shop = await openShop();
  await shop.waitForLight('synced');
  await server.kill();
  await shop.waitForLight('stuck', { timeout: RED_WITHIN_MS });
  await server.restart();
  await shop.waitForLight('synced', { timeout: GREEN_AGAIN_WITHIN_MS });
});

test('a server that hangs is not green for long, though its connection stands', async ({
  server,
  openShop,
}) => {
  const shop = await openShop();
  await shop.waitForLight('synced');
  server.freeze();
  await expectNotGreen(shop);
  await shop.exec("INSERT INTO book (isbn, title) VALUES ('9780306406157', 'Written meanwhile')");
  await shop.waitForPending(1);
  server.thaw();
  await shop.waitForLight('synced', { timeout: GREEN_AGAIN_WITHIN_MS, pending: 0 });
});

test('a half-open connection is not green for long, and what was written meanwhile arrives', async ({
  browser,
}) => {
  await using proxy = await TcpProxy.listen();
  await using server = await ServerProcess.start({ origins: [proxy.url] });
  proxy.leadTo(server.port);
  const context = await browser.newContext();
  const shop = await ShopPage.open(context, proxy.url);
  await shop.waitForLight('synced');

  proxy.halfOpen();
  await expectNotGreen(shop);
  await shop.exec("INSERT INTO book (isbn, title) VALUES ('9780306406157', 'Written meanwhile')");
  await shop.waitForPending(1);
  proxy.open();
  await shop.waitForLight('synced', { pending: 0 });
  expect(await server.count('SELECT count(*) FROM book')).toBe(1);

  proxy.cut();
  await expectNotGreen(shop);
  proxy.open({ delayMs: 150 });
  await shop.waitForLight('synced');
  await context.close();
});

test('the light says in words what it shows in colour: off, connecting, synced, syncing', async ({
  server,
  openShop,
}) => {
  const shop = await openShop();
  const texts: string[] = [];
  const colours = new Map<string, string>();
  const note = async (status: SyncStatus) => {
    const { text, colour } = await lookWhile(shop, status);
    texts.push(text);
    colours.set(status, colour);
  };

  await note('synced');
  await shop.syncOff();
  await note('disconnected');

  // Off means off, also after the next visit.
  await shop.reload();
  await shop.waitForLight('disconnected');
  await shop.exec("INSERT INTO book (isbn, title) VALUES ('9780306406157', 'Not sent')");
  await shop.waitForPending(1);
  expect((await shop.light()).text).toContain('(1 pending)');
  expect(await server.count('SELECT count(*) FROM book')).toBe(0);

  await server.kill();
  await shop.syncOn();
  await note('connecting');

  await server.restart();
  await shop.waitForLight('synced', { pending: 0 });
  server.freeze();
  await note('syncing');
  server.thaw();
  await shop.waitForLight('synced');

  expect(new Set(texts).size, texts.join('; ')).toBe(4);
  for (const text of texts) expect(text).toContain('Remote DB');
  // Green is for what is safe only; on the way there it is yellow, and off is red.
  expect(colours.get('syncing')).toBe(colours.get('connecting'));
  expect(new Set(colours.values()).size).toBe(3);
});

/** The light as it is while it has a status, words and colour of one moment: some statuses do not last. */
async function lookWhile(shop: ShopPage, status: SyncStatus): Promise<{ text: string; colour: string }> {
  const look = await shop.page.waitForFunction((wanted) => {
    const light = document.querySelector<HTMLElement>(`[data-testid="remote-db"][data-status="${wanted}"]`);
    const lamp = light?.querySelector('svg');
    if (light === null || lamp === null || lamp === undefined) return undefined;
    return { text: light.innerText.trim(), colour: getComputedStyle(lamp).color };
  }, status);
  const seen = await look.jsonValue();
  if (seen === undefined) throw new Error(`The light was never "${status}".`);
  return seen;
}

async function expectNotGreen(shop: ShopPage): Promise<void> {
  await expect(shop.footerLight).not.toHaveAttribute('data-status', 'synced', {
    timeout: NOT_GREEN_WITHIN_MS,
  });
}
