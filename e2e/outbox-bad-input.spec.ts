import { expectAccessible, narrow, wide } from './src/accessibility.ts';
import { fillWithNeeds } from './src/demo-needs.ts';
import { coverPicture, hugePicture, svgWithScript, textNamedJpg, unreadablePicture } from './src/pictures.ts';
import { Outbox } from './src/screens/outbox.ts';
import { orderOffline } from './src/scenes.ts';
import { expect, test } from './src/test.ts';

const base64 = ({ buffer }: { buffer: Buffer }) => buffer.toString('base64');

test('what is no cover is not taken, what is too large is made smaller, or put off', async ({
  server,
  openShop,
}) => {
  const [{ isbn } = { isbn: '' }] = await fillWithNeeds(server, 1);
  const shop = await openShop({ path: `/books/${isbn}` });
  await shop.waitForLight('synced', { pending: 0 });
  await shop.waitUntilInstalled();
  const outbox = new Outbox(shop);
  const { page } = shop;
  const file = page.getByTestId('cover-file');
  for (const [index, wrong] of [textNamedJpg, svgWithScript].entries()) {
    await file.setInputFiles(wrong);
    await expect(page.getByText('This is not a picture. Choose a JPEG, PNG or WebP file.')).toHaveCount(
      index + 1,
    );
  }
  await outbox.waitForQueued(0);

  await file.setInputFiles(hugePicture);
  await outbox.waitUntilSynced();
  await expect(page.getByTestId('cover-image')).toBeVisible();
  await expect(page.getByTestId('book-cover')).toHaveAttribute('data-hash', /^[0-9a-f]{64}$/);
  await expectAccessible(page);

  await server.stop();
  await expect(shop.footerLight).not.toHaveAttribute('data-status', 'synced');
  await file.setInputFiles(unreadablePicture);
  await expect(page.getByText('This picture is too large to be kept')).toBeVisible();
  await outbox.waitForQueued(0);
  await shop.goto(new URL('/outbox', server.url).href);
  await expect(outbox.tasks).toContainText('“poster.png” has 1 MB');
  await expectAccessible(page);
  await outbox.tasks.getByRole('button', { name: 'Done' }).click();
  await expect(outbox.tasks).toHaveCount(0);
});

test('commands that the server cannot do are told, and the queue goes on', async ({ server, openShop }) => {
  const needs = await fillWithNeeds(server, 2);
  const [first, second] = needs.map(({ supplier }) => supplier);
  const { isbn = '' } = needs[0] ?? {};
  const shop = await openShop({ path: '/orders' });
  await shop.waitForLight('synced', { pending: 0 });
  await shop.waitUntilInstalled();
  const outbox = await orderOffline(shop, server, first ?? '');
  const cover = 'book.cover.upload';
  const wrong = [
    { type: cover, payload: { isbn, image: base64(hugePicture) } },
    { type: cover, payload: { isbn, image: base64(svgWithScript) } },
    { type: cover, payload: { isbn, image: base64(textNamedJpg) } },
    { type: 'supplier-order.place', payload: { supplier: 7 } },
    { type: 'supplier-order.explode', payload: {} },
    { type: cover, payload: { isbn, image: base64(coverPicture) } },
  ];
  await outbox.smuggle(wrong.map((each) => ({ id: crypto.randomUUID(), ...each })));
  await outbox.place(second ?? '');
  await outbox.waitForQueued(8);
  await server.restart();
  await outbox.waitForQueued(0);
  expect(await server.count('SELECT count(*) FROM supplier_order')).toBe(2);
  expect(await server.count('SELECT count(*) FROM book_cover')).toBe(1);

  await expect(outbox.toast).toContainText('The server refused smuggled');
  await expect(outbox.toast).toContainText('2 more in the Outbox');
  await shop.go('Outbox');
  await expect(outbox.refused).toHaveCount(5);
  const [newest, ...older] = await outbox.refused.allInnerTexts();
  expect(newest).toMatch(/knows no command/);
  expect(older.join('\n')).toMatch(/5 MB/);
  for (const viewport of [wide, narrow]) {
    await shop.page.setViewportSize(viewport);
    await expectAccessible(shop.page);
  }
});
