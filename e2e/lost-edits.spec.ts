import { expectAccessible } from './src/accessibility.ts';
import type { ShopPage } from './src/shop-page.ts';
import { BooksScreen } from './src/screens/books.ts';
import { expect, test } from './src/test.ts';

const EMMA = '9780306406157';
const OTHERS = ['9780140328721', '9780140449136'];

const priceOf = (shop: ShopPage, isbn = EMMA) => shop.count('SELECT price FROM book WHERE isbn = ?', [isbn]);

/** Two tills that have the same books, the first of them without a network. */
async function twoTills(openShop: () => Promise<ShopPage>): Promise<{ ana: ShopPage; ben: ShopPage }> {
  const [ana, ben] = [await openShop(), await openShop()];
  for (const [index, isbn] of [EMMA, ...OTHERS].entries())
    await ana.exec('INSERT INTO book (isbn, title, price) VALUES (?, ?, 900)', [
      isbn,
      index === 0 ? 'Emma' : `Book ${index}`,
    ]);
  await expect.poll(() => ben.count('SELECT count(*) FROM book')).toBe(3);
  await ana.waitForLight('synced', { pending: 0 });
  await ana.waitUntilInstalled();
  await ana.page.context().setOffline(true);
  await ana.waitForLight('disconnected');
  return { ana, ben };
}

/** Of two edits the one of a field that was edited more often is kept. */
async function outdo(shop: ShopPage, sql: string, params: readonly unknown[] = []): Promise<void> {
  for (const price of [1, 2]) await shop.exec('UPDATE book SET price = ?', [price]);
  await shop.exec(sql, params);
  await shop.waitForLight('synced', { pending: 0 });
}

test('the same price changed at two tills: the one that lost is told in the shop’s words, and is used after all', async ({
  openShop,
}) => {
  const { ana, ben } = await twoTills(openShop);
  const books = await BooksScreen.open(ana);
  await books.edit(EMMA, { price: '11.00' });
  await outdo(ben, 'UPDATE book SET price = 1200 WHERE isbn = ?', [EMMA]);
  await ana.page.context().setOffline(false);

  const toast = ana.page.getByText('The price of Emma was also changed at another till; that one was kept.');
  await expect(toast).toBeVisible({ timeout: 20_000 });
  await expect(ana.page.getByText(/^Yours was .*11\.00, kept was .*12\.00\.$/)).toBeVisible();
  await expect.poll(() => priceOf(ana)).toBe(1_200);
  await ana.page.getByRole('button', { name: 'Use mine' }).click();
  await expect(ana.page.getByText(/^The price of Emma is .*11\.00 now\.$/)).toBeVisible();
  await expect.poll(() => priceOf(ben)).toBe(1_100);
  await expect(ana.footerLight).toHaveAttribute('data-pending', '0');

  await ana.page
    .getByRole('listitem')
    .filter({ hasText: 'The price of Emma is' })
    .getByRole('button', { name: 'Undo' })
    .click();
  await expect.poll(() => priceOf(ben)).toBe(1_200);
  expect(await priceOf(ana)).toBe(1_200);
});

test('several edits that lost are listed, also of a book that was removed, and decided about one by one or together', async ({
  openShop,
}) => {
  const { ana, ben } = await twoTills(openShop);
  await ana.exec('UPDATE book SET price = 1100');
  await outdo(ben, 'DELETE FROM book WHERE isbn = ?', [EMMA]);
  await ana.page.context().setOffline(false);
  await expect(ana.page.getByText('3 of your edits were also made at other tills')).toBeVisible({
    timeout: 20_000,
  });
  await ana.page.getByRole('button', { name: 'Show' }).click();
  await expect(ana.page.getByRole('heading', { level: 1, name: 'Replaced edits' })).toBeVisible();
  const edits = ana.page.getByTestId('lost-edit');
  await expect(edits).toHaveCount(3);
  const removed = edits.filter({ hasText: EMMA });
  await expect(removed.getByTestId('lost-edit-theirs')).toHaveText('removed');
  await expect(edits.filter({ hasText: 'Book 1' }).getByTestId('lost-edit-mine')).toContainText('11.00');
  await expectAccessible(ana.page);

  await removed.getByTestId('use-mine').click();
  await expect.poll(() => priceOf(ben)).toBe(1_100);
  await expect(edits).toHaveCount(2);
  await edits.filter({ hasText: 'Book 1' }).getByTestId('keep-theirs').click();
  await expect(edits).toHaveCount(1);
  await ana.page
    .getByRole('listitem')
    .filter({ hasText: 'Kept theirs' })
    .getByRole('button', { name: 'Undo' })
    .click();
  await expect(edits).toHaveCount(2);
  await ana.page.getByTestId('keep-all-theirs').click();
  await expect(ana.page.getByText('None of your edits was replaced')).toBeVisible();
  await expect(ana.footerLight).toHaveAttribute('data-status', 'synced');
  expect(await ana.status()).toMatchObject({ conflicts: 0 });
});
