import { fillWithNeeds } from './src/demo-needs.ts';
import { followOutbox, Outbox } from './src/screens/outbox.ts';
import { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

const ORDERS = `SELECT number, supplier_name AS supplier FROM supplier_order ORDER BY year, number`;

test('orders placed offline outlive the browser, and are placed in order when the server is back', async ({
  server,
  openShop,
  newProfile,
}) => {
  const needs = await fillWithNeeds(server, 3);
  const profile = await newProfile();
  const before = await ShopPage.open(await profile.open(), server.url, '/orders');
  await before.waitForLight('synced', { pending: 0 });
  await before.waitUntilInstalled();
  await server.stop();
  await expect(before.footerLight).not.toHaveAttribute('data-status', 'synced');
  for (const { supplier } of needs) {
    await new Outbox(before).place(supplier);
    await expect(new Outbox(before).toast).toContainText('Saved offline. Will sync when online.');
  }
  await new Outbox(before).waitForQueued(3);
  await expect(before.page.getByTestId('pending-command')).toHaveText(
    needs.map(() => 'To be placed when online'),
  );

  await profile.close();
  const context = await profile.open();
  await followOutbox(context);
  const shop = await ShopPage.open(context, server.url, '/outbox');
  const outbox = new Outbox(shop);
  await outbox.waitForQueued(3);
  await server.restart();
  await outbox.waitUntilSynced();
  await outbox.waitForQueued(0);
  expect(await outbox.said()).toEqual(
    expect.arrayContaining([
      'Syncing changes… (1 of 3)',
      'Syncing changes… (3 of 3)',
      'Your changes have been synced!',
    ]),
  );
  const placed = needs.map(({ supplier }, index) => ({ number: index + 1, supplier }));
  expect(await server.exec(ORDERS)).toEqual(placed);
  const other = await openShop({ path: '/orders/placed' });
  for (const { supplier } of needs)
    await expect(other.page.getByRole('row', { name: supplier })).toBeVisible();
  await expect(outbox.toast).toBeHidden();
});
