import { FirefoxProfile } from './src/firefox-profile.ts';
import type { FirefoxPage } from './src/firefox-page.ts';
import { expect, test as base } from './src/test.ts';

const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const COUNT_BOOKS = 'SELECT count(*) FROM book';
const NOT_GREEN_WITHIN_MS = 6_000;
const GREEN_AGAIN_WITHIN_MS = 3_000;
const INCOMPATIBLE_WITHIN_MS = 10_000;
const REPLACED_WITHIN_MS = 30_000;
const UNSENT = 37;
const isbn = (number: number) => String(9790000000000 + number);

const test = base.extend<{ firefox: FirefoxProfile }>({
  // Playwright reads a fixture's needs off this pattern: none.
  // eslint-disable-next-line no-empty-pattern
  firefox: async ({}, use) => {
    await using firefox = await FirefoxProfile.create();
    await use(firefox);
  },
});

test('Firefox: the light tells of a server that is killed, back, frozen', async ({ server, firefox }) => {
  const tab = await firefox.openTab(server.url);
  await tab.waitForLight('synced');
  await server.kill();
  await tab.waitForNoGreen(NOT_GREEN_WITHIN_MS);
  await server.restart();
  await tab.waitForLight('synced', { timeout: GREEN_AGAIN_WITHIN_MS });
  server.freeze();
  await tab.waitForNoGreen(NOT_GREEN_WITHIN_MS);
  await tab.exec(INSERT, [isbn(1), 'Written meanwhile']);
  await tab.waitForPending(1);
  server.thaw();
  await tab.waitForLight('synced', { timeout: GREEN_AGAIN_WITHIN_MS, pending: 0 });
  expect(tab.faults).toEqual([]);
});

test('Firefox: offline changes are counted in two tabs, outlive a killed browser, and go out', async ({
  server,
  firefox,
}) => {
  const first = await firefox.openTab(server.url);
  await first.waitForLight('synced');
  await first.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  const second = await firefox.openTab(server.url, '/books');
  await server.stop();
  for (let number = 1; number <= 5; number += 1)
    await (number % 2 === 0 ? first : second).exec(INSERT, [isbn(number), `Book ${number}`]);
  for (const tab of [first, second]) await tab.waitForPending(5);
  await second.waitForText('Book 4');

  await firefox.kill();
  const again = await firefox.openTab(server.url, '/books');
  await again.waitForPending(5);
  await again.waitForText('Book 4');
  await server.restart();
  await again.waitForLight('synced', { pending: 0 });
  expect(await server.count(COUNT_BOOKS)).toBe(5);
  expect([...first.faults, ...second.faults, ...again.faults]).toEqual([]);
});

test('Firefox: when the leading tab is closed the other goes on, and nothing is written twice', async ({
  server,
  firefox,
}) => {
  const leader = await firefox.openTab(server.url);
  await leader.waitForLight('synced');
  const follower = await firefox.openTab(server.url);
  await follower.waitForLight('synced');
  const writing = follower.page.evaluate(
    async (sql, from) => {
      const begun = performance.now();
      let written = 0;
      while (performance.now() - begun < 2_000) {
        await window.octavo.exec(sql, [String(from + written), 'During a takeover']);
        written += 1;
      }
      return written;
    },
    INSERT,
    9790000000000,
  );
  await leader.page.close();
  const written = await writing;
  expect(written).toBeGreaterThan(0);
  await follower.waitForLight('synced', { pending: 0 });
  expect(await follower.count(COUNT_BOOKS)).toBe(written);
  expect(await server.count(COUNT_BOOKS)).toBe(written);
});

test('Firefox and Chromium, both without a server, edit the same books: both see the same afterwards', async ({
  server,
  firefox,
  openShop,
}) => {
  const tab = await firefox.openTab(server.url);
  const shop = await openShop();
  const tills: Pick<FirefoxPage, 'exec' | 'waitForLight'>[] = [tab, shop];
  await tab.exec(INSERT, [isbn(1), 'Odyssey']);
  for (const till of tills) await till.waitForLight('synced', { pending: 0 });
  await expect.poll(() => shop.count(COUNT_BOOKS)).toBe(1);
  await server.stop();
  await tab.exec('UPDATE book SET publisher = ?, title = ? WHERE isbn = ?', [
    'Penguin',
    'The Odyssey',
    isbn(1),
  ]);
  await shop.exec('UPDATE book SET year = ?, title = ? WHERE isbn = ?', [1996, 'Odyssee', isbn(1)]);
  await tab.exec(INSERT, [isbn(2), 'By Firefox']);
  await shop.exec(INSERT, [isbn(3), 'By Chromium']);
  await server.restart();
  for (const till of tills) await till.waitForLight('synced', { pending: 0 });
  const all = 'SELECT isbn, title, publisher, year FROM book ORDER BY isbn';
  await expect.poll(() => tab.count(COUNT_BOOKS)).toBe(3);
  const books = await tab.page.evaluate((sql) => window.octavo.query(sql), all);
  await expect.poll(() => shop.query(all)).toEqual(books);
  expect(await server.exec(all)).toEqual(books);
  expect(books[0]).toMatchObject({ publisher: 'Penguin', year: 1996 });
});

test('Firefox: a rebuilt server is told, and Nuke and Resync brings what was not sent', async ({
  server,
  firefox,
}) => {
  const tab = await firefox.openTab(server.url);
  await tab.exec(INSERT, [isbn(1), 'Sent before']);
  await tab.waitForLight('synced', { pending: 0 });
  await tab.page.evaluate(() => window.octavo.syncOff());
  for (let number = 100; number < 100 + UNSENT; number += 1)
    await tab.exec(INSERT, [isbn(number), 'Not sent']);
  await tab.waitForPending(UNSENT);
  const identity = await tab.siteId();
  await server.request('/shop.sqlite3/reset', { method: 'POST' });
  await tab.page.evaluate(() => window.octavo.syncOn());
  await tab.waitForLight('incompatible', { timeout: INCOMPATIBLE_WITHIN_MS });
  await tab.page.waitForSelector('[data-testid="incompatible-dialog"]');
  await tab.press('button', 'Nuke and Resync');
  await tab.waitForLight('synced', { timeout: REPLACED_WITHIN_MS, pending: 0 });
  await tab.waitForText('37 restored');
  expect(await server.count(COUNT_BOOKS)).toBe(UNSENT);
  expect(await tab.count(COUNT_BOOKS)).toBe(UNSENT);
  expect(await tab.siteId()).not.toBe(identity);
  expect(tab.faults).toEqual([]);
});
