import { readFile } from 'node:fs/promises';
import { expectAccessible } from './src/accessibility.ts';
import type { ServerProcess } from './src/server-process.ts';
import type { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

const EMMA = '9780306406157';

/** A change that the server refuses, as a fault of it or a newer version would. */
async function refusePrices(server: ServerProcess, shop: ShopPage): Promise<void> {
  await shop.exec("INSERT INTO book (isbn, title, price) VALUES (?, 'Emma', 900)", [EMMA]);
  await shop.waitForLight('synced', { pending: 0 });
  await server.exec(
    "CREATE TRIGGER closed BEFORE UPDATE OF price ON book BEGIN SELECT RAISE(ABORT, 'closed'); END",
  );
  await shop.exec('UPDATE book SET price = 1250');
  await expect(shop.footerLight).toHaveAttribute('data-attention', '1');
}

test('a change that the server refuses shows with its reason, can be retried, exported and discarded', async ({
  server,
  openShop,
}) => {
  const shop = await openShop();
  await refusePrices(server, shop);
  await shop.footerLight.click();
  await shop.page.getByTestId('attention-link').click();
  const change = shop.page.getByTestId('put-aside');
  await expect(change).toHaveCount(1);
  await expect(change).toContainText('Emma');
  await expect(change).toContainText('from this device');
  await expect(change.getByTestId('put-aside-value')).toContainText('12.50');
  await expect(change.getByTestId('put-aside-reason')).toContainText('price');
  await expectAccessible(shop.page);

  await change.getByTestId('put-aside-retry').click();
  await expect(shop.page.getByText('The change still cannot be applied.')).toBeVisible();

  const download = shop.page.waitForEvent('download');
  await change.getByTestId('put-aside-export').click();
  const exported: unknown = JSON.parse(await readFile(await (await download).path(), 'utf8'));
  expect(exported).toMatchObject({
    changes: [{ table: 'book', key: [EMMA], column: 'price', value: 1_250 }],
  });

  await change.getByTestId('put-aside-discard').click();
  const dialog = shop.page.getByTestId('discard-dialog');
  await expect(dialog).toContainText('the price of Emma');
  await expectAccessible(shop.page);
  await dialog.getByTestId('discard-confirm').click();
  await expect(shop.footerLight).toHaveAttribute('data-attention', '0');
  await expect(shop.page.getByText('Nothing needs attention')).toBeVisible();
  expect(await server.count('SELECT price FROM book')).toBe(900);
});

test('a change that the server takes after all is stored for everybody', async ({ server, openShop }) => {
  const shop = await openShop();
  await refusePrices(server, shop);
  await server.exec('DROP TRIGGER closed');
  await shop.page.goto(new URL('/attention', server.url).href);
  await shop.page.getByTestId('put-aside-retry').click();
  await expect(shop.footerLight).toHaveAttribute('data-attention', '0');
  expect(await server.count('SELECT price FROM book')).toBe(1_250);
});

test('a change that this device cannot store is discarded, and brought back by undo', async ({
  server,
  openShop,
}) => {
  const shop = await openShop();
  await shop.exec("INSERT INTO book (isbn, title, price) VALUES (?, 'Emma', 900)", [EMMA]);
  await shop.waitForLight('synced', { pending: 0 });
  await shop.exec(
    "CREATE TRIGGER closed BEFORE UPDATE OF price ON book BEGIN SELECT RAISE(ABORT, 'closed'); END",
  );
  await server.exec('UPDATE book SET price = 1250');
  await expect(shop.footerLight).toHaveAttribute('data-attention', '1');
  await shop.page.goto(new URL('/attention', server.url).href);
  const change = shop.page.getByTestId('put-aside');
  await expect(change).toContainText('from another device');
  await change.getByTestId('put-aside-discard').click();
  await expect(change).toHaveCount(0);
  await expect(shop.footerLight).toHaveAttribute('data-attention', '0');
  await shop.page.getByRole('button', { name: 'Undo' }).click();
  await expect(shop.footerLight).toHaveAttribute('data-attention', '1');
  await shop.exec('DROP TRIGGER closed');
  await change.getByTestId('put-aside-retry').click();
  await expect(shop.footerLight).toHaveAttribute('data-attention', '0');
  expect(await shop.count('SELECT price FROM book')).toBe(1_250);
});
