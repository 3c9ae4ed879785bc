import type { Locator } from '@playwright/test';
import { expectAccessible, tabTo } from './src/accessibility.ts';
import { fillWithDemoShop } from './src/demo-shop.ts';
import type { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

test('a purchase is begun from its dialog with the keyboard alone', async ({ server, openShop }) => {
  await fillWithDemoShop(server);
  const shop = await openShop({ path: '/inbound' });
  await shop.waitForLight('synced');
  const dialog = await openDialog(shop, 'New purchase', 'new-purchase-dialog');
  await expect(dialog.getByTestId('purchase-warehouse')).toBeFocused();
  await expectAccessible(shop.page);
  await expectLeftByEscape(shop, dialog, 'New purchase');

  await shop.page.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  await tabTo(shop.page, 'Create');
  await shop.page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(shop.page).toHaveURL(/\/inbound\/./);
});

test('a book is begun, and its ISBN corrected, with the keyboard alone', async ({ server, openShop }) => {
  await fillWithDemoShop(server);
  const shop = await openShop({ path: '/books' });
  await shop.waitForLight('synced');
  const { keyboard } = shop.page;
  const begin = await openDialog(shop, 'New book', 'new-book-dialog');
  await expectAccessible(shop.page);
  await keyboard.type('978030640615');
  await keyboard.press('Enter');
  await expect(begin.getByRole('alert')).not.toBeEmpty();
  await expectAccessible(shop.page);
  await keyboard.press('End');
  await keyboard.type('7');
  await keyboard.press('Enter');
  await expect(begin).toBeHidden();
  await expect(shop.page).toHaveURL(/\/books\/9780306406157/);

  const correct = await openDialog(shop, 'Correct…', 'correct-isbn-dialog');
  await expectAccessible(shop.page);
  await expectLeftByEscape(shop, correct, 'Correct…');
  await keyboard.press('Enter');
  await expect(correct.getByRole('textbox', { name: 'Right ISBN' })).toBeFocused();
  await keyboard.type('9780140328721');
  await keyboard.press('Enter');
  await expect(correct).toBeHidden();
  await expect(shop.page).toHaveURL(/\/books\/9780140328721/);
});

test('a sale is committed from its dialog, which says what it does', async ({ server, openShop }) => {
  const demo = await fillWithDemoShop(server);
  const shop = await openShop({ path: `/outbound/${demo.openSale}` });
  await shop.waitForLight('synced');
  const dialog = await openDialog(shop, 'Commit', 'commit-dialog');
  await expectAccessible(shop.page);
  await expectLeftByEscape(shop, dialog, 'Commit');
});

test('Nuke and Resync is asked for in the settings with the keyboard alone', async ({ openShop }) => {
  const shop = await openShop({ path: '/settings' });
  await shop.waitForLight('synced');
  const dialog = await openDialog(shop, 'Nuke and Resync', 'nuke-dialog');
  await expect(dialog.getByTestId('nuke-confirm')).toBeFocused();
  await expectAccessible(shop.page);
  await expectLeftByEscape(shop, dialog, 'Nuke and Resync');
});

/** Opens a dialog by tabbing to the button for it, and checks that the focus cannot leave it. */
async function openDialog(shop: ShopPage, button: string, testid: string): Promise<Locator> {
  const { keyboard } = shop.page;
  await tabTo(shop.page, button);
  await keyboard.press('Enter');
  const dialog = shop.page.getByTestId(testid);
  await expect(dialog).toBeVisible();
  const start = await dialog.locator(':focus').evaluateHandle((element) => element);
  for (let presses = 0; ; presses += 1) {
    await keyboard.press('Tab');
    await expect(dialog.locator(':focus')).toHaveCount(1);
    if (await dialog.locator(':focus').evaluate((element, first) => element === first, start)) break;
    expect(presses, 'the focus comes round').toBeLessThan(20);
  }
  return dialog;
}

/** Escape does nothing but close it, and the focus is back where it was. */
async function expectLeftByEscape(shop: ShopPage, dialog: Locator, button: string): Promise<void> {
  await shop.page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(shop.page.getByRole('button', { name: button })).toBeFocused();
}
