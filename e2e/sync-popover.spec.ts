import type { Locator, Page } from '@playwright/test';
import { expectAccessible, inEachWidth } from './src/accessibility.ts';
import type { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';

test('behind the light are its facts: proof, versions, what waits in each table, and the last connections', async ({
  server,
  openShop,
}) => {
  const shop = await openShop();
  await shop.waitForLight('synced');
  const facts = await openByKeyboard(shop);
  await expect(facts.getByTestId('fact-proof')).toContainText(/^[0-3]\.\d s ago, at /);
  await expect(facts.getByTestId('fact-pending')).toHaveText('nothing');

  await server.kill();
  await shop.exec(INSERT, ['9780306406157', 'Waits']);
  await shop.exec(INSERT, ['9780140328721', 'Waits too']);
  await shop.exec("INSERT INTO warehouse (id, name) VALUES ('w', 'Waits as well')");
  await expect(facts.getByTestId('fact-pending')).toHaveText('2 books, 1 warehouse');
  await expect(facts.getByTestId('fact-next')).toBeVisible();
  await facts.getByTestId('fact-connections').locator('summary').press('Enter');
  const connections = facts.getByTestId('fact-connections').locator('li');
  await expect(connections.first()).toContainText('the server could not be reached');
  await expect(connections.filter({ hasText: 'was proven' })).toHaveCount(1);

  await server.restart();
  await shop.waitForLight('synced', { pending: 0 });
  await expect(connections.first()).toContainText('open, proven');
  await expect(facts.getByTestId('fact-pending')).toHaveText('nothing');
  await expect(facts.getByTestId('fact-ours')).toContainText('version 3, of which the server has all');
  await shop.page.keyboard.press('Escape');
  await expect(facts).toBeHidden();
  await expect(shop.footerLight).toBeFocused();
});

test('a server that stays away is explained, never in a dialog, with diagnostics to copy and a retry', async ({
  server,
  openShop,
}) => {
  const shop = await openShop({ context: { permissions: ['clipboard-read', 'clipboard-write'] } });
  await shop.waitForLight('synced');
  await server.kill();
  await shop.exec(INSERT, ['9780306406157', 'A secret of the shop']);
  await shop.waitForLight('stuck');
  await expect(shop.page.getByRole('dialog')).toHaveCount(0);
  await expect(shop.page.getByTestId('sync-announcement')).toHaveText('Remote DB: retrying.');

  const facts = await openByKeyboard(shop);
  await expect(facts.getByTestId('stuck-help')).toContainText('Go on working');
  await expect(facts).not.toContainText(/nuke|delete|discard|clear/i);
  await facts.getByTestId('sync-copy-diagnostics').click();
  await expect(shop.page.getByText('The diagnostics are on the clipboard')).toBeVisible();
  const copied = await shop.page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain('Status: stuck');
  expect(copied).toContain('1 book');
  expect(copied).toContain('the server could not be reached');
  expect(copied).not.toContain('A secret of the shop');

  await server.restart();
  await facts.getByTestId('sync-retry').click();
  await shop.waitForLight('synced', { pending: 0, timeout: 3_000 });
  await expect(facts.getByTestId('stuck-help')).toBeHidden();
  await expect(shop.page.getByTestId('sync-announcement')).toHaveText('Remote DB: synced.');
});

test('the facts are accessible and fit, wide or narrow', async ({ server, openShop }) => {
  const shop = await openShop();
  await shop.waitForLight('synced');
  const facts = await openByKeyboard(shop);
  await expect(facts.getByTestId('fact-ours')).toBeVisible();
  await inEachWidth(shop.page, (viewport) => expectSound(shop.page, facts, viewport));
  await server.kill();
  await shop.waitForLight('stuck');
  await facts.getByTestId('fact-connections').locator('summary').press('Enter');
  await inEachWidth(shop.page, (viewport) => expectSound(shop.page, facts, viewport));
});

async function openByKeyboard(shop: ShopPage): Promise<Locator> {
  await shop.footerLight.focus();
  await shop.page.keyboard.press('Enter');
  const facts = shop.page.getByLabel('Sync', { exact: true });
  await expect(facts.getByTestId('sync-facts')).toBeVisible();
  return facts;
}

async function expectSound(page: Page, facts: Locator, { width }: { width: number }): Promise<void> {
  await expectAccessible(page);
  const box = await facts.boundingBox();
  expect(box?.x).toBeGreaterThanOrEqual(0);
  expect(box?.y).toBeGreaterThanOrEqual(0);
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
}
