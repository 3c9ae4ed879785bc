import { expectAccessible, tabTo } from './src/accessibility.ts';
import { fillWithDemoShop } from './src/demo-shop.ts';
import { need, undo, WishList } from './src/screens/orders.ts';
import { Outbox } from './src/screens/outbox.ts';
import { fillWithNeeds } from './src/demo-needs.ts';
import { expect, test } from './src/test.ts';

const ISBN = '9780306406157';

test('a customer is made, orders and is served, and another till sees it', async ({ server, openShop }) => {
  const demo = await fillWithDemoShop(server);
  const shop = await openShop({ path: '/customers' });
  await shop.waitForLight('synced');
  const { page } = shop;
  const { keyboard } = page;

  await tabTo(page, 'New customer');
  await keyboard.press('Enter');
  await expect(page.getByTestId('new-customer-name')).toBeFocused();
  await expectAccessible(page);
  await keyboard.press('Enter');
  await expect(page.getByRole('alert').filter({ hasText: 'Give a name.' })).toBeVisible();
  await keyboard.type('Grace Hopper');
  await keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Grace Hopper' })).toBeAttached();

  const email = page.getByTestId('field-email');
  await email.fill('nowhere');
  await email.press('Enter');
  await expect(page.getByText('An e-mail address has the form')).toBeVisible();
  await expect(email).toHaveValue('');
  await email.fill('grace@example.org');
  await email.press('Enter');
  await expect(page.getByText('Saved “Grace Hopper”')).toBeVisible();

  const wishes = new WishList(shop);
  await wishes.scan(ISBN);
  await wishes.scan(demo.isbn);
  await wishes.wish(ISBN).getByTestId('line-more').click();
  await expect(wishes.wish(ISBN)).toHaveAttribute('data-quantity', '2');
  await wishes.wish(ISBN).getByTestId('wish-remove').click();
  await expect(wishes.wish(ISBN)).toBeHidden();
  await undo(shop);
  await wishes.waitFor(ISBN, 'pending');

  // It is in stock: nothing has to be ordered for it.
  await wishes.wish(demo.isbn).getByTestId('set-aside').click();
  await wishes.waitFor(demo.isbn, 'received');
  const other = await openShop({ path: '/customers' });
  const row = other.page.getByRole('row').filter({ hasText: 'Grace Hopper' });
  await expect(row).toContainText('1 ready · 2 to be ordered');
  // As quickly as a scanner: what is opened is what was asked for, not what was still on the screen.
  await other.page.getByTestId('search').fill('hopp');
  await other.page.keyboard.press('Enter');
  await expect(other.page.getByRole('heading', { level: 1, name: 'Grace Hopper' })).toBeAttached();
  const there = new WishList(other);
  await there.wish(demo.isbn).getByTestId('collect').click();
  await wishes.waitFor(demo.isbn, 'collected');
  await wishes.wish(demo.isbn).getByTestId('take-back').click();
  await there.waitFor(demo.isbn, 'received');

  await page.getByTestId('record-remove').click();
  await expect(page.getByText('waits for 2 books and cannot be removed')).toBeVisible();
});

test('a supplier is made and given publishers, and is to be asked for their books', async ({
  server,
  openShop,
}) => {
  const demo = await fillWithDemoShop(server);
  const shop = await openShop({ path: '/suppliers' });
  await shop.waitForLight('synced');
  const { page } = shop;
  await page.getByTestId('supplier-name').fill('Bertram');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Bertram' })).toBeAttached();
  await expect(page.getByText('Nothing has to be ordered from this supplier.')).toBeVisible();

  await page.getByTestId('publisher-name').fill('penguin classics');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('publisher')).toHaveText('Penguin Classics');
  await expect(page.getByTestId('need').first()).toBeVisible();
  await expectAccessible(page);

  // It was taken from another, who gets it back.
  await undo(shop);
  await expect(page.getByTestId('publisher')).toHaveCount(0);
  await expect(page.getByText('Nothing has to be ordered from this supplier.')).toBeVisible();
  await page.getByTestId('record-remove').click();
  await expect(page.getByTestId('supplier-link')).toHaveCount(2);

  await page.locator(`[data-supplier-id="${demo.supplier}"]`).click();
  await expect(page.getByTestId('publisher').filter({ hasText: 'Penguin Classics' })).toBeVisible();
  await page.getByRole('button', { name: 'Remove Penguin Classics' }).click();
  await expect(page.getByTestId('publisher').filter({ hasText: 'Penguin Classics' })).toHaveCount(0);
  await undo(shop);
  await expect(page.getByTestId('publisher').filter({ hasText: 'Penguin Classics' })).toBeVisible();
  await page.getByTestId('record-remove').click();
  await expect(page.getByText('from this supplier have not come yet')).toBeVisible();
});

test('what is to be ordered is seen by supplier; what was ordered is received', async ({
  server,
  openShop,
}) => {
  const demo = await fillWithDemoShop(server);
  const shop = await openShop({ path: '/orders' });
  await shop.waitForLight('synced');
  const { page } = shop;

  await new WishList(shop).scan(ISBN);
  const nobody = page.getByRole('region', { name: 'No supplier' });
  await expect(nobody.locator(need(shop, ISBN))).toContainText('for the shelf');
  await expect(page.getByRole('region', { name: 'Central Books' }).getByTestId('need')).not.toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Place order with Central Books' })).toBeVisible();
  // Nobody can be asked for these.
  await expect(page.getByRole('region', { name: 'No supplier' }).getByTestId('place-order')).toHaveCount(0);

  await page.getByRole('link', { name: 'Placed' }).click();
  await page.getByTestId('rows').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: /^Order \d{4}\/1$/ })).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`/orders/${demo.supplierOrder}$`));

  const line = page.locator('[data-testid=ordered][data-state=placed]').first();
  const isbn = (await line.getAttribute('data-isbn')) ?? '';
  const same = page.locator(`[data-testid=ordered][data-isbn="${isbn}"]`);
  await line.getByTestId('receive').click();
  await expect(same).toHaveAttribute('data-state', 'received');
  await undo(shop);
  await expect(same).toHaveAttribute('data-state', 'placed');

  await page.getByTestId('receive-all').click();
  await expect(page.locator('[data-testid=ordered][data-state=placed]')).toHaveCount(0);
  await expect(page.getByTestId('receive-all')).toBeDisabled();
  await expectAccessible(page);
  await shop.goto(new URL(`/customers/${demo.customer}`, server.url).href);
  const wishes = new WishList(shop);
  await expect(page.locator('[data-testid=wish][data-state=placed]')).toHaveCount(0);
  await expect(wishes.wish(isbn)).toHaveAttribute('data-state', 'received');
});

test('what was ordered while it was being taken back is a task', async ({ server, openShop }) => {
  const demo = await fillWithDemoShop(server);
  const shop = await openShop({ path: '/tasks' });
  await shop.waitForLight('synced');
  await shop.exec(
    `UPDATE customer_order_line SET removed_at = 1, received_at = NULL, collected_at = NULL WHERE id =
       (SELECT customer_order_line_id FROM supplier_order_line WHERE supplier_order_id = ? LIMIT 1)`,
    [demo.supplierOrder],
  );
  await expect(shop.page.getByTestId('order-task')).toContainText(/Order \d{4}\/1/);
  await expect(shop.page.getByTestId('screen-detail')).toHaveText('2 tasks');
  await expect(shop.page.getByTestId('tasks-link')).toHaveText(/2\s+tasks/);
  await expectAccessible(shop.page);
});

test('an order is cancelled and placed again, with what was wanted meanwhile, by the server alone', async ({
  server,
  openShop,
}) => {
  const [{ supplier, isbn } = { supplier: '', isbn: '' }] = await fillWithNeeds(server, 1);
  const shop = await openShop({ path: '/orders' });
  await shop.waitForLight('synced', { pending: 0 });
  await shop.waitUntilInstalled();
  const outbox = new Outbox(shop);
  const { page } = shop;
  await outbox.place(supplier);
  await outbox.waitUntilSynced();
  await expect(page.getByTestId('nothing-needed')).toBeVisible();

  await page.getByRole('link', { name: 'Placed' }).click();
  await page.getByRole('row', { name: supplier }).click();
  await expect(page.getByRole('heading', { name: /^Order \d{4}\/1$/ })).toBeVisible();
  await server.stop();
  await expect(shop.footerLight).not.toHaveAttribute('data-status', 'synced');
  await page.getByTestId('cancel-order').click();
  await expect(page.getByTestId('pending-command')).toHaveText('To be cancelled when online');
  await expectAccessible(page);
  await server.restart();
  await outbox.waitForQueued(0);
  await expect(page.getByText('This order was cancelled')).toBeVisible();

  await shop.go('Orders');
  await shop.waitForLight('synced', { pending: 0 });
  await server.stop();
  await expect(shop.footerLight).not.toHaveAttribute('data-status', 'synced');
  await outbox.place(supplier);
  await new WishList(shop).scan(isbn);
  await expect(page.getByText('What is to be ordered has changed since.')).toBeVisible();
  await expectAccessible(page);
  await page.getByTestId('place-again').click();
  await expect(page.getByTestId('place-again')).toBeHidden();
  await outbox.waitForQueued(1);
  await server.restart();
  await outbox.waitForQueued(0);
  await expect(page.getByTestId('nothing-needed')).toBeVisible();
  expect(
    await server.exec(
      'SELECT number, cancelled_at IS NOT NULL AS cancelled, sum(quantity) AS copies FROM supplier_order JOIN supplier_order_line ON supplier_order_id = id GROUP BY id ORDER BY number',
    ),
  ).toEqual([
    { number: 1, cancelled: 1, copies: 2 },
    { number: 2, cancelled: 0, copies: 3 },
  ]);
});
