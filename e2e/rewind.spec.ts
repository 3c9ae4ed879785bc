import { expectAccessible } from './src/accessibility.ts';
import { runOctavo } from './src/command-line.ts';
import type { ServerProcess } from './src/server-process.ts';
import { expect, test } from './src/test.ts';

const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const COUNT_BOOKS = 'SELECT count(*) FROM book';
/** An open page hears of it within this. */
const TOLD_LIMIT_MS = 10_000;
const REPLACED_LIMIT_MS = 30_000;
/** Resolves when the copy in the cloud has everything. */
const copyNow = (server: ServerProcess): Promise<unknown> =>
  server.request('/api/retry-sync?db=shop.sqlite3', { method: 'POST' });
const isbn = (number: number) => String(9790000000000 + number);

test('a shop that is taken back on purpose says so and to when, counts what came later, and goes on with one key', async ({
  server,
  openShop,
}) => {
  const shop = await openShop({ path: '/books' });
  await shop.exec(INSERT, [isbn(0), 'Before']);
  await shop.waitForLight('synced', { pending: 0 });
  expect(await runOctavo(['db', 'backup', 'shop.sqlite3'], server)).toMatchObject({ exitCode: 0 });

  for (const number of [1, 2, 3]) await shop.exec(INSERT, [isbn(number), 'A mistake']);
  await shop.waitForLight('synced', { pending: 0 });
  await shop.syncOff();
  await shop.exec(INSERT, [isbn(4), 'Never sent']);

  const rewound = await runOctavo(['db', 'rewind', 'shop.sqlite3', '--at', '2099-01-01', '--yes'], server);
  expect(rewound).toMatchObject({ exitCode: 0, output: expect.stringContaining('is kept as') });
  await shop.syncOn();
  const dialog = shop.page.getByTestId('incompatible-dialog');
  await expect(dialog).toBeVisible({ timeout: TOLD_LIMIT_MS });
  await expect(shop.footerLight).toHaveAttribute('data-reason', 'rewound');
  await expect(dialog).toContainText('The shop was taken back to an earlier state');
  await expect(dialog.getByTestId('rewound-to')).toContainText(
    new RegExp(`taken back on purpose to how it was on .* ${new Date().getFullYear()}`),
  );
  await expect(dialog.getByTestId('never-sent')).toHaveText('1 record never sent to a server');
  await expect(dialog.getByTestId('only-here')).toHaveText('3 records that only this browser still has');
  await expect(dialog.getByTestId('nuke-and-resync')).toBeFocused();
  await expectAccessible(shop.page);

  await shop.page.keyboard.press('Enter');
  await expect(shop.page.getByTestId('recovery-report')).toContainText('1 restored', {
    timeout: REPLACED_LIMIT_MS,
  });
  await shop.waitForLight('synced', { pending: 0 });
  expect(await shop.count(COUNT_BOOKS)).toBe(2);
  expect(await server.count(COUNT_BOOKS)).toBe(2);

  await shop.page.getByTestId('look-through').click();
  const missing = shop.page.getByTestId('kept-missing');
  await expect(missing.getByTestId('kept-thing')).toHaveCount(3);
  await expectAccessible(shop.page);
  await missing
    .getByRole('button', { name: /^Bring back: A mistake/ })
    .first()
    .click();
  await expect(missing.getByTestId('kept-thing')).toHaveCount(2);
  await expect.poll(() => server.count(COUNT_BOOKS)).toBe(3);
  await shop.page.getByRole('button', { name: 'Undo' }).click();
  await expect(missing.getByTestId('kept-thing')).toHaveCount(3);
  await expect.poll(() => server.count(COUNT_BOOKS)).toBe(2);
  await shop.go('Settings');
  await expect(shop.page.getByTestId('kept-databases').getByRole('listitem')).toHaveCount(1);
});

test('half a shop that was deleted by mistake is back after a rewind, and what was done since can be chosen from a list', async ({
  server,
  openShop,
}) => {
  const shop = await openShop({ path: '/books' });
  for (let number = 0; number < 6; number += 1) await shop.exec(INSERT, [isbn(number), `Book ${number}`]);
  await shop.waitForLight('synced', { pending: 0 });
  await copyNow(server);
  const before = new Date().toISOString();
  await shop.exec('DELETE FROM book WHERE isbn < ?', [isbn(3)]);
  await shop.exec('UPDATE book SET title = ? WHERE isbn = ?', ['Corrected since', isbn(4)]);
  await shop.exec(INSERT, [isbn(9), 'New since']);
  await shop.waitForLight('synced', { pending: 0 });
  await copyNow(server);

  const rewound = await runOctavo(['db', 'rewind', 'shop.sqlite3', '--at', before, '--yes'], server);
  expect(rewound).toMatchObject({ exitCode: 0 });
  await expect(shop.page.getByTestId('only-here')).toHaveText('5 records that only this browser still has', {
    timeout: TOLD_LIMIT_MS,
  });
  await shop.page.getByTestId('nuke-and-resync').click();
  await expect(shop.page.getByTestId('recovery-report')).toBeVisible({ timeout: REPLACED_LIMIT_MS });
  await shop.waitForLight('synced', { pending: 0 });
  expect(await server.count(COUNT_BOOKS)).toBe(6);

  await shop.page.getByTestId('look-through').click();
  await expect(shop.page.getByTestId('kept-removed').getByTestId('kept-thing')).toHaveCount(3);
  const changed = shop.page.getByTestId('kept-different').getByTestId('kept-thing');
  await expect(changed).toContainText('Corrected since');
  await expect(changed).toContainText('(in the shop: Book 4)');
  await shop.page.getByTestId('kept-missing').getByTestId('bring-back').click();
  await changed.getByTestId('bring-back').click();
  await expect(changed).toHaveCount(0);
  await shop.waitForLight('synced', { pending: 0 });
  expect(await server.exec('SELECT title FROM book ORDER BY isbn')).toEqual(
    ['Book 0', 'Book 1', 'Book 2', 'Book 3', 'Corrected since', 'Book 5', 'New since'].map((title) => ({
      title,
    })),
  );
});

test('a server that is restored after a disaster gets everything back, and no dialog opens', async ({
  server,
  openShop,
}) => {
  const shop = await openShop({ path: '/books' });
  await shop.exec(INSERT, [isbn(0), 'Before']);
  await shop.waitForLight('synced', { pending: 0 });
  const backup = await runOctavo(['db', 'backup', 'shop.sqlite3'], server);
  for (const number of [1, 2, 3]) await shop.exec(INSERT, [isbn(number), 'After']);
  await shop.waitForLight('synced', { pending: 0 });
  const file = backup.output.split('\t')[0] ?? '';
  expect(await runOctavo(['db', 'restore', 'shop.sqlite3', file, '--yes'], server)).toMatchObject({
    exitCode: 0,
  });
  await expect.poll(() => server.count(COUNT_BOOKS)).toBe(4);
  await shop.waitForLight('synced', { pending: 0 });
  await expect(shop.page.getByTestId('incompatible-dialog')).toBeHidden();
});
