import type { BrowserContext, Page } from '@playwright/test';
import { expectAccessible } from './src/accessibility.ts';
import { ImportScreen } from './src/screens/import.ts';
import { ServerProcess } from './src/server-process.ts';
import { ShopPage } from './src/shop-page.ts';
import { writeStockList } from './src/stock-lists.ts';
import { TcpProxy } from './src/tcp-proxy.ts';
import { expect, test } from './src/test.ts';
import { WorkerControl } from './src/worker-control.ts';

const TABS = 10;
const COUNT_BOOKS = 'SELECT count(*) FROM book';
const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const isbn = (number: number) => String(9790000000000 + number);

test('two tabs see each other’s edits at once, and both show what is pending', async ({
  server,
  openShop,
}) => {
  const { first, second } = await twoTabs(openShop, server);
  await first.exec(INSERT, [isbn(1), 'From the first']);
  await expect(second.page.getByTestId('rows')).toContainText('From the first');
  await second.exec(INSERT, [isbn(2), 'From the second']);
  await expect(first.page.getByTestId('rows')).toContainText('From the second');
  await second.waitForLight('synced', { pending: 0 });

  await second.syncOff();
  await first.waitForLight('disconnected');
  for (let number = 3; number <= 7; number += 1) await second.exec(INSERT, [isbn(number), 'Offline']);
  for (const tab of [first, second]) await tab.waitForPending(5);
  await first.syncOn();
  for (const tab of [first, second]) await tab.waitForLight('synced', { pending: 0 });
  expect(await server.count(COUNT_BOOKS)).toBe(7);
  expect(second.faults).toEqual([]);
});

test('when the leading tab is closed, the other goes on, and a write made at that moment is there once', async ({
  server,
  openShop,
  random,
}) => {
  const { first, second, context } = await twoTabs(openShop, server);
  let tabs = [first, second];
  for (let round = 1; round <= 5; round += 1) {
    const [leader, follower] = tabs;
    if (leader === undefined || follower === undefined) throw new Error('There are two tabs.');
    await expect.poll(() => waitsForTurn(follower.page)).toBe(true);
    const answers = follower.page.evaluate(
      async ([sql, from]) => {
        let confirmed = 0;
        const begun = performance.now();
        while (performance.now() - begun < 1_500) {
          await window.octavo.exec(sql, [String(from + confirmed), 'During a takeover']);
          confirmed += 1;
        }
        return confirmed;
      },
      [INSERT, 9790000000000 + round * 100_000] as const,
    );
    const written = () =>
      follower.count(`${COUNT_BOOKS} WHERE isbn BETWEEN ? AND ?`, [
        isbn(round * 100_000),
        isbn(round * 100_000 + 99_999),
      ]);
    await expect.poll(written).toBeGreaterThan(Math.floor(random() * 20));
    await leader.page.close();
    const confirmed = await answers;
    expect(await written()).toBe(confirmed);
    tabs = [follower, await openTab(context, server)];
  }
  const [last] = tabs;
  await last?.waitForLight('synced', { pending: 0 });
  expect(await server.count(COUNT_BOOKS)).toBe(await last?.count(COUNT_BOOKS));
});

test('when the leading worker crashes, both tabs go on', async ({ server, openShop }) => {
  const { first, second } = await twoTabs(openShop, server);
  await using worker = await WorkerControl.of(first.page);
  await first.exec(INSERT, [isbn(1), 'Before']);
  await worker.end();
  await second.exec(INSERT, [isbn(2), 'After']);
  await first.exec(INSERT, [isbn(3), 'After that']);
  for (const tab of [first, second]) {
    expect(await tab.count(COUNT_BOOKS)).toBe(3);
    await tab.waitForLight('synced', { pending: 0 });
  }
});

test('a leader that does not answer is waited for in words, never robbed, and nothing is done twice', async ({
  server,
  openShop,
}) => {
  const { first, second } = await twoTabs(openShop, server);
  await second.waitForLight('synced');
  await using worker = await WorkerControl.of(first.page);
  await worker.pause();
  await expect(second.page.getByTestId('waiting-for-tab')).toContainText('does not answer');
  await expect(second.footerLight).toContainText('Waiting for another tab');
  await expect(second.footerLight).not.toHaveAttribute('data-status', 'synced');
  await expectAccessible(second.page);
  // A tab that is opened now waits as well.
  const third = new ShopPage(await second.page.context().newPage());
  await third.page.goto(server.url);
  await expect(third.page.getByTestId('waiting-for-tab')).toContainText('does not answer');

  const writing = second.exec(INSERT, [isbn(1), 'Meanwhile']);
  await worker.resume();
  await writing;
  await third.ready();
  for (const tab of [first, second, third]) {
    await tab.waitForLight('synced', { pending: 0 });
    await expect(tab.page.getByTestId('waiting-for-tab')).toBeHidden();
    expect(await tab.count(COUNT_BOOKS)).toBe(1);
  }

  await using again = await WorkerControl.of(first.page);
  await again.pause();
  await expect(second.footerLight).not.toHaveAttribute('data-status', 'synced');
  const refused = await second.page.evaluate(async () => {
    const { resolve, promise } = Promise.withResolvers<string>();
    const command = window.octavo.exec('INSERT INTO book (isbn, title) VALUES (1, 2)');
    command.then(
      () => resolve('done'),
      (error: unknown) => resolve(String(error)),
    );
    return Promise.race([promise, new Promise<string>((late) => setTimeout(() => late('waits'), 1_000))]);
  });
  expect(refused).toBe('waits');
  await first.page.close();
  await second.waitForLight('synced');
  expect(await second.count(COUNT_BOOKS)).toBe(2);
});

test('a hidden leader hands over to the tab that is looked at', async ({ server, openShop }) => {
  const { first, second } = await twoTabs(openShop, server);
  await expect.poll(() => leads(first.page)).toBe(true);
  await setVisible(first.page, false);
  await expect.poll(() => leads(second.page)).toBe(true);
  await first.exec(INSERT, [isbn(1), 'By the hidden tab']);
  expect(await second.count(COUNT_BOOKS)).toBe(1);
  await setVisible(second.page, false);
  await setVisible(first.page, true);
  await expect.poll(() => leads(first.page)).toBe(true);
  for (const tab of [first, second]) await tab.waitForLight('synced', { pending: 0 });
});

test('a leader that the browser freezes gives way at once, and queues again when it goes on', async ({
  server,
  openShop,
}) => {
  const { first, second } = await twoTabs(openShop, server);
  await expect.poll(() => leads(first.page)).toBe(true);
  await first.page.evaluate(() => document.dispatchEvent(new Event('freeze')));
  await expect.poll(() => leads(second.page)).toBe(true);
  await second.exec(INSERT, [isbn(1), 'Meanwhile']);
  await first.page.evaluate(() => document.dispatchEvent(new Event('resume')));
  expect(await first.count(COUNT_BOOKS)).toBe(1);
  await second.page.close();
  await expect.poll(() => leads(first.page)).toBe(true);
  await first.waitForLight('synced', { pending: 0 });
});

test('of the tabs that wait, one that is looked at takes over, though hidden ones have waited longer', async ({
  server,
  openShop,
}) => {
  const { first, second, context } = await twoTabs(openShop, server);
  await setVisible(second.page, false);
  const third = await openTab(context, server);
  await first.page.close();
  await expect.poll(() => leads(third.page)).toBe(true);
  await second.exec(INSERT, [isbn(1), 'By the hidden one']);
  expect(await third.count(COUNT_BOOKS)).toBe(1);
});

test('after the browser was killed its tabs come up again with everything that was confirmed', async ({
  server,
  newProfile,
}) => {
  const profile = await newProfile();
  for (let life = 1; life <= 3; life += 1) {
    const context = await profile.open();
    const tabs = await Promise.all([openTab(context, server), openTab(context, server)]);
    for (const [index, tab] of tabs.entries()) {
      expect(await tab.count(COUNT_BOOKS)).toBe((life - 1) * 2 + index);
      await tab.exec(INSERT, [isbn(life * 10 + index), 'Confirmed']);
    }
    await profile.kill(await profile.processes());
  }
  const last = await openTab(await profile.open(), server);
  expect(await last.integrity()).toBe('ok');
  await last.waitForLight('synced', { pending: 0 });
  expect(await server.count(COUNT_BOOKS)).toBe(6);
});

test(`${TABS} tabs opened at once all work, over one connection, and so does any of them when the others are closed`, async ({
  browser,
}) => {
  test.setTimeout(180_000);
  await using proxy = await TcpProxy.listen();
  await using server = await ServerProcess.start({ origins: [proxy.url] });
  proxy.leadTo(server.port);
  const context = await browser.newContext();
  const tabs = await Promise.all(
    Array.from({ length: TABS }, () => ShopPage.open(context, proxy.url, '/books')),
  );
  for (const [index, tab] of tabs.entries()) await tab.exec(INSERT, [isbn(index), `By tab ${index}`]);
  for (const tab of tabs) {
    expect(await tab.count(COUNT_BOOKS)).toBe(TABS);
    await tab.waitForLight('synced', { pending: 0 });
  }
  for (const tab of tabs.slice(0, -1)) await tab.page.close();
  const last = tabs.at(-1);
  await last?.exec(INSERT, [isbn(TABS), 'The last']);
  await last?.waitForLight('synced', { pending: 0 });
  expect(await server.count(COUNT_BOOKS)).toBe(TABS + 1);
  expect(proxy.mostSyncing).toBe(1);
  expect(tabs.flatMap(({ faults }) => faults)).toEqual([]);
  await context.close();
});

test('an import goes on when the leading tab is closed, and every row is in once', async ({
  server,
  newProfile,
  folder,
}) => {
  const list = await writeStockList(folder, { rows: 5_000 });
  const context = await (await newProfile()).open();
  const first = await ShopPage.open(context, server.url);
  const second = await ShopPage.open(context, server.url);
  const screen = await ImportScreen.open(second);
  await screen.choose(list.path);
  await screen.startButton.click();
  await expect(screen.root).toHaveAttribute('data-stage', 'running');
  await first.page.close();
  await expect(screen.root).toHaveAttribute('data-stage', 'done', { timeout: 60_000 });
  expect(await screen.counts()).toEqual({
    added: list.good,
    updated: 0,
    unchanged: 0,
    refused: list.refused,
  });
  expect(await second.count(COUNT_BOOKS)).toBe(list.good);
  await second.waitForLight('synced', { pending: 0 });
  expect(await server.count(COUNT_BOOKS)).toBe(list.good);
});

async function twoTabs(
  openShop: (options: { path: string }) => Promise<ShopPage>,
  server: ServerProcess,
): Promise<{ first: ShopPage; second: ShopPage; context: BrowserContext }> {
  const first = await openShop({ path: '/books' });
  const context = first.page.context();
  return { first, second: await openTab(context, server), context };
}

function openTab(context: BrowserContext, server: ServerProcess): Promise<ShopPage> {
  return ShopPage.open(context, server.url, '/books');
}

/** Whether a page's own worker has the database. */
function leads(page: Page): Promise<boolean> {
  return page.evaluate(() => document.body.dataset['leads'] === 'true');
}

/** Whether a worker is ready and queues for the database. */
function waitsForTurn(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    const { pending = [] } = await navigator.locks.query();
    return pending.some(({ name }) => name === 'octavo/database/shop.sqlite3');
  });
}

/** What the browser does when somebody goes to another tab; without a screen all tabs are seen. */
async function setVisible(page: Page, visible: boolean): Promise<void> {
  await page.evaluate(
    (state) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
      document.dispatchEvent(new Event('visibilitychange'));
    },
    visible ? 'visible' : 'hidden',
  );
}
