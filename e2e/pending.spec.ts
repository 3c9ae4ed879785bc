import { expect, test } from './src/test.ts';

const RECORDS = 5;

test('changes made without a server are counted, also after a reload without a network, and go out when it is back', async ({
  server,
  openShop,
}) => {
  const shop = await openShop();
  await shop.waitForLight('synced');
  await shop.waitUntilInstalled();
  await server.stop();

  for (let record = 1; record <= RECORDS; record += 1) {
    await shop.exec('INSERT INTO book (isbn, title) VALUES (?, ?)', [
      `979000000000${record}`,
      `Book ${record}`,
    ]);
    // Several changes of one record are one record.
    await shop.exec('UPDATE book SET title = ? WHERE isbn = ?', [
      `Book no. ${record}`,
      `979000000000${record}`,
    ]);
  }
  await shop.waitForPending(RECORDS);
  expect((await shop.light()).text).toContain(`(${RECORDS} pending)`);
  expect((await shop.light()).status).not.toBe('synced');

  await shop.page.context().setOffline(true);
  await shop.reload();
  await shop.waitForPending(RECORDS);
  expect((await shop.light()).text).toContain(`(${RECORDS} pending)`);

  await shop.page.context().setOffline(false);
  await server.restart();
  await shop.waitForLight('synced', { pending: 0, timeout: 3_000 });
  expect(await server.count("SELECT count(*) FROM book WHERE title LIKE 'Book no. %'")).toBe(RECORDS);
});

test('a book inserted on the server appears in an open page by itself', async ({ server, openShop }) => {
  const shop = await openShop({ path: '/books' });
  await shop.waitForLight('synced');
  await server.exec('INSERT INTO book (isbn, title, authors) VALUES (?, ?, ?)', [
    '9780306406157',
    'Straight from the server',
    'Somebody',
  ]);
  await expect(shop.page.getByTestId('rows')).toContainText('Straight from the server');
  await server.exec('UPDATE book SET title = ? WHERE isbn = ?', ['Changed on the server', '9780306406157']);
  await expect(shop.page.getByTestId('rows')).toContainText('Changed on the server');
  await server.exec('DELETE FROM book WHERE isbn = ?', ['9780306406157']);
  await expect(shop.page.getByTestId('rows')).not.toContainText('Changed on the server');
});
