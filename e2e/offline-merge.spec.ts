import type { ShopPage } from './src/shop-page.ts';
import { BooksScreen } from './src/screens/books.ts';
import { NoteScreen } from './src/screens/notes.ts';
import { expect, test } from './src/test.ts';

const SHARED = '9780306406157';
const OTHER = '9780140449136';

test('two booksellers without a network edit the same book, field and note: everything is merged, and both see the same', async ({
  server,
  openShop,
}) => {
  const [ana, ben] = [await openShop(), await openShop()];
  await ana.exec('INSERT INTO book (isbn, title, authors, price) VALUES (?, ?, ?, ?)', [
    SHARED,
    'Odyssey',
    'Homer',
    900,
  ]);
  await ana.exec('INSERT INTO book (isbn, title) VALUES (?, ?)', [OTHER, 'Crime']);
  const purchase = await NoteScreen.create(ana, 'inbound');
  const noteId = await purchase.id();
  await purchase.scan(SHARED);
  await purchase.waitForQuantity(SHARED, 1);
  for (const shop of [ana, ben]) await shop.waitForLight('synced');
  const bensPurchase = await NoteScreen.open(ben, 'inbound', noteId);
  await bensPurchase.waitForQuantity(SHARED, 1);

  for (const shop of [ana, ben]) await goOffline(shop);

  await purchase.scan(SHARED);
  await purchase.scan(SHARED);
  await purchase.waitForQuantity(SHARED, 3);
  for (let copy = 0; copy < 3; copy += 1) await bensPurchase.scan(SHARED);
  await bensPurchase.waitForQuantity(SHARED, 4);

  const [anasBooks, bensBooks] = [await BooksScreen.open(ana), await BooksScreen.open(ben)];
  // Different fields of one book…
  await anasBooks.edit(SHARED, { publisher: 'Penguin' });
  await bensBooks.edit(SHARED, { year: '1996' });
  // …and the same field of another.
  await anasBooks.edit(OTHER, { title: 'Crime and Punishment' });
  await bensBooks.edit(OTHER, { title: 'Преступление и наказание' });
  for (const shop of [ana, ben]) expect((await shop.light()).status).toBe('disconnected');

  for (const shop of [ana, ben]) await shop.page.context().setOffline(false);
  for (const shop of [ana, ben]) await shop.waitForLight('synced', { pending: 0 });

  await expect
    .poll(async () => (await anasBooks.shown()).join('\n'))
    .toBe((await bensBooks.shown()).join('\n'));
  const [anasRows, bensRows] = [await anasBooks.shown(), await bensBooks.shown()];
  expect(anasRows).toEqual(bensRows);
  expect(anasRows.join('\n')).toMatch(/Odyssey.*Homer.*Penguin.*1996/);
  expect(anasRows.join('\n')).toMatch(/Crime and Punishment|Преступление и наказание/);

  for (const shop of [ana, ben]) {
    const note = await NoteScreen.open(shop, 'inbound', noteId);
    await note.waitForQuantity(SHARED, 1 + 2 + 3);
  }
  expect(await purchase.shown()).toEqual(await bensPurchase.shown());
  expect(await server.count('SELECT sum(quantity) FROM note_line WHERE isbn = ?', [SHARED])).toBe(6);
});

test('a copy removed here and a copy scanned there at the same time leave the scanned one', async ({
  openShop,
}) => {
  const [ana, ben] = [await openShop(), await openShop()];
  const purchase = await NoteScreen.create(ana, 'inbound');
  await purchase.scan(SHARED);
  await purchase.waitForQuantity(SHARED, 1);
  for (const shop of [ana, ben]) await shop.waitForLight('synced');
  const bensPurchase = await NoteScreen.open(ben, 'inbound', await purchase.id());

  for (const shop of [ana, ben]) await goOffline(shop);
  await purchase.line(SHARED).getByTestId('line-remove').click();
  await expect(purchase.line(SHARED)).toBeHidden();
  await bensPurchase.scan(SHARED);
  await bensPurchase.waitForQuantity(SHARED, 2);

  for (const shop of [ana, ben]) await shop.page.context().setOffline(false);
  for (const note of [purchase, bensPurchase]) await note.waitForQuantity(SHARED, 1, 20_000);
});

async function goOffline(shop: ShopPage): Promise<void> {
  await shop.waitUntilInstalled();
  await shop.page.context().setOffline(true);
  await shop.waitForLight('disconnected');
}
