import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { expectAccessible, inEachWidth } from './src/accessibility.ts';
import { openWithoutDatabaseProgram } from './src/scenes.ts';
import { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';
import { WorkerControl } from './src/worker-control.ts';

const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';

interface Report {
  format: string;
  diagnoses: { cause: { cause: string } }[];
  pageTimeline: unknown[];
  syncTimeline: { status: string }[];
  protocolEvents: { what: string; kind: string; bytes: number }[];
}

test('where all is well the doctor says so, and its report holds no data of the shop', async ({
  openShop,
}) => {
  const shop = await openShop({
    path: '/?db=shop.sqlite3#token=very-secret',
  });
  const { page } = shop;
  await shop.exec(INSERT, ['9780306406157', 'A title that nobody may see']);
  await shop.waitForLight('synced', { pending: 0 });
  await shop.goto(new URL('/doctor', page.url()).href);
  await examined(page);
  // Whether the browser keeps what it holds is its own affair, and never wrong.
  expect((await causes(page)).filter((cause) => cause !== 'may-be-cleared')).toEqual([]);
  const checks = page.getByTestId('doctor-checks');
  await expect(checks.locator('[data-state="bad"], [data-state="unknown"]')).toHaveCount(0);
  await expect(checks.locator('[data-check="Content"]')).toContainText('sound');
  await expect(checks.locator('[data-check="Shop"]')).toContainText('the same as here');
  await expect(checks.locator('[data-check="Clock of this device"]')).toContainText('agrees');
  await inEachWidth(page, () => expectAccessible(page));

  const text = await saveReport(page);
  expect(text).not.toContain('A title that nobody may see');
  expect(text).not.toContain('very-secret');
  const report = JSON.parse(text) as Report;
  expect(report.format).toBe('octavo-doctor-report');
  expect(report.syncTimeline.map(({ status }) => status)).toContain('synced');
  expect(report.protocolEvents.map(({ what, kind }) => `${what} ${kind}`)).toEqual(
    expect.arrayContaining(['sent hello', 'received welcome', 'sent ping', 'received pong']),
  );
});

test('where the database’s program does not load, the doctor works all the same and names the cause, by keyboard', async ({
  server,
  newProfile,
}) => {
  const shop = await openWithoutDatabaseProgram(await newProfile({ serviceWorkers: 'block' }), server.url);
  const { page } = shop;
  const way = page.getByTestId('to-doctor');
  await way.focus();
  await page.keyboard.press('Enter');
  await examined(page);
  expect((await causes(page))[0]).toBe('program-not-loaded');
  // The file itself is sound: a copy of it was looked into.
  await expect(page.locator('[data-check="Content"]')).toHaveAttribute('data-state', 'good');
  expect(await page.locator('[data-remedy="set-aside"], [data-remedy="nuke"]').count()).toBe(0);
  await expectAccessible(page);
  const report = JSON.parse(await saveReport(page)) as Report;
  expect(report.diagnoses[0]?.cause.cause).toBe('program-not-loaded');
  expect(report.pageTimeline.length).toBeGreaterThan(0);

  await page.context().unroute('**/database.worker*');
  await page.getByTestId('cause').first().getByRole('button', { name: 'Try again' }).focus();
  await page.keyboard.press('Enter');
  await shop.ready();
  await expect(page.locator('[data-cause="program-not-loaded"]')).toHaveCount(0);
});

test('an outage, a tab that does not answer, another shop: each has its name, and an outage never suggests to replace anything', async ({
  server,
  openShop,
}) => {
  const first = await openShop({ path: '/doctor' });
  const { page } = first;
  await examined(page);
  await server.kill();
  await expect.poll(async () => (await first.status()).status).toBe('stuck');
  await page.getByTestId('doctor-again').click();
  await examined(page);
  expect((await causes(page))[0]).toBe('server-away');
  expect(
    await page
      .locator('[data-remedy="set-aside"], [data-remedy="nuke"], [data-remedy="choose-shop"]')
      .count(),
  ).toBe(0);

  await server.restart();
  await server.request('/shop.sqlite3/reset', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  await expect.poll(async () => (await first.status()).status).toBe('incompatible');
  await page.getByTestId('doctor-again').click();
  await examined(page);
  expect((await causes(page))[0]).toBe('other-shop');

  const second = new ShopPage(await page.context().newPage());
  await using worker = await WorkerControl.of(page);
  await worker.pause();
  await second.page.goto(new URL('/doctor', server.url).href);
  await examined(second.page);
  expect((await causes(second.page))[0]).toBe('held-by-silent-tab');
  await worker.resume();
});

test('damage in a file that still opens is found, and starting over from the server is the last resort', async ({
  server,
  newProfile,
}) => {
  const context = await (await newProfile()).open();
  const shop = await ShopPage.open(context, server.url, '/doctor');
  const { page } = shop;
  await shop.exec(INSERT, ['9780306406157', 'A book']);
  // A row that replication knows nothing of: it would never be sent.
  await shop.exec("DELETE FROM book__crsql_pks WHERE isbn = '9780306406157'");
  await examined(page);
  await page.getByTestId('doctor-again').click();
  await examined(page);
  const cause = page.locator('[data-cause="bookkeeping-wrong"]');
  await expect(cause).toContainText('1 rows of "book" have no version');
  await expect(cause.locator('li').last()).toHaveAttribute('data-remedy', 'nuke');
});

async function examined(page: Page): Promise<void> {
  await expect(page.getByTestId('doctor')).toHaveAttribute('aria-busy', 'false', { timeout: 20_000 });
  await expect(page.getByTestId('doctor-checks')).toBeVisible();
}

/** The causes that were found, the gravest first. */
function causes(page: Page): Promise<(string | null)[]> {
  return page
    .getByTestId('cause')
    .evaluateAll((cards) => cards.map((card) => card.getAttribute('data-cause')));
}

async function saveReport(page: Page): Promise<string> {
  const download = page.waitForEvent('download');
  await page.getByTestId('doctor-report').click();
  return readFile(await (await download).path(), 'utf8');
}
