import type { Page } from '@playwright/test';
import { narrow, showIn, tabTo, violations, wide } from './src/accessibility.ts';
import { NoteScreen } from './src/screens/notes.ts';
import { type DemoShop, fillWithDemoShop } from './src/demo-shop.ts';
import { expect, test } from './src/test.ts';

function screensOf(demo: DemoShop): string[] {
  return [
    '/stock',
    '/books',
    `/books/${demo.isbn}`,
    '/inbound',
    `/inbound/${demo.openPurchase}`,
    '/outbound',
    `/outbound/${demo.openSale}`,
    `/outbound/${demo.committedSale}`,
    '/customers',
    `/customers/${demo.customer}`,
    '/orders',
    '/orders/placed',
    `/orders/${demo.supplierOrder}`,
    '/suppliers',
    `/suppliers/${demo.supplier}`,
    '/warehouses',
    '/import',
    '/outbox',
    '/settings',
    '/debug',
    '/doctor',
    '/tasks',
    '/lost-edits',
    '/attention',
    '/nowhere',
  ];
}

/** Colours and widths do not depend on each other: two looks show all of both. */
const looks = [
  ['light', wide],
  ['dark', narrow],
] as const;

for (const half of [0, 1]) {
  test(`no screen has an accessibility violation, light or dark, wide or narrow (half ${half + 1})`, async ({
    server,
    openShop,
  }) => {
    test.setTimeout(180_000);
    const demo = await fillWithDemoShop(server);
    const shop = await openShop();
    await shop.waitForLight('synced');
    for (const path of screensOf(demo).filter((_, index) => index % 2 === half)) {
      await test.step(path, async () => {
        await shop.goto(new URL(path, server.url).href);
        await expect(shop.page.getByRole('heading', { level: 1 })).toBeVisible();
        for (const [colorScheme, viewport] of looks) {
          await shop.page.setViewportSize(viewport);
          await showIn(shop.page, colorScheme);
          expect(await violations(shop.page), `${colorScheme}, ${viewport.width} pixels wide`).toEqual([]);
          expect(await sidewaysScroll(shop.page), 'nothing sticks out at the side').toBe(0);
        }
      });
    }
  });
}

test('a sale is made, scanned and committed with the keyboard alone', async ({ server, openShop }) => {
  const demo = await fillWithDemoShop(server);
  const shop = await openShop({ path: '/stock' });
  const { keyboard } = shop.page;
  await shop.waitForLight('synced');

  await tabTo(shop.page, 'Outbound');
  await keyboard.press('Enter');
  await expect(shop.page.getByRole('heading', { level: 1, name: 'Outbound' })).toBeVisible();
  await tabTo(shop.page, 'New sale');
  await keyboard.press('Enter');

  const note = new NoteScreen(shop);
  await expect(note.scanField).toBeFocused();
  await keyboard.type(demo.isbn);
  await keyboard.press('Enter');
  await note.waitForQuantity(demo.isbn, 1);
  await keyboard.type(demo.isbn);
  await keyboard.press('Enter');
  await note.waitForQuantity(demo.isbn, 2);
  await expect(note.scanField).toBeFocused();

  if ((await note.line(demo.isbn).getByTestId('line-warehouse').inputValue()) === '') {
    await tabTo(shop.page, /^Warehouse of /);
    await keyboard.press('ArrowDown');
  }
  await tabTo(shop.page, 'Commit');
  await keyboard.press('Enter');
  const dialog = shop.page.getByTestId('commit-dialog');
  await expect(dialog).toBeVisible();
  await tabTo(shop.page, 'Commit');
  await keyboard.press('Enter');
  await expect(note.root).toHaveAttribute('data-committed', 'true');
  await expect(dialog).toBeHidden();
});

function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate(() =>
    Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth),
  );
}
