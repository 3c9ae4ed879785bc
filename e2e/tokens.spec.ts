import { expectAccessible } from './src/accessibility.ts';
import { runOctavo } from './src/command-line.ts';
import { BooksScreen } from './src/screens/books.ts';
import { ServerProcess } from './src/server-process.ts';
import { expect, test } from './src/test.ts';

const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const COUNT_BOOKS = 'SELECT count(*) FROM book';

test('the first administrator signs in with a link, a reader only reads, and a revoked device is told', async ({
  openShop,
}) => {
  await using server = await ServerProcess.start({ tokens: true });
  const link = new URL(await server.signInUrl);
  const first = await openShop({ url: server.url, path: `/${link.hash}` });
  await first.waitForLight('synced', { pending: 0 });
  expect(first.page.url()).not.toContain('code');
  await first.exec(INSERT, ['9780306406157', 'Emma']);
  await first.waitForLight('synced', { pending: 0 });
  await first.reload();
  await first.waitForLight('synced', { pending: 0 });

  const made = await runOctavo(['token', 'create', 'display', '--role', 'reader'], server);
  const display = await openShop({ url: server.url, path: `/#token=${made.output.trim()}` });
  await display.waitForLight('synced', { pending: 0 });
  expect(await display.count(COUNT_BOOKS)).toBe(1);
  await expect(display.page.getByTestId('read-only-notice')).toContainText('may not change it');
  await expect(first.page.getByTestId('read-only-notice')).toBeHidden();
  await display.footerLight.click();
  await expect(display.page.getByTestId('sync-read-only')).toContainText('may only read');
  await expectAccessible(display.page);
  await display.page.keyboard.press('Escape');
  const books = await BooksScreen.open(display);
  await books.openBook('9780306406157');
  await books.field('title').fill('Not Emma');
  await books.panel.getByTestId('book-save').click();
  await expect(display.page.getByText('so this was not done')).toBeVisible();
  expect(await display.count("SELECT count(*) FROM book WHERE title = 'Emma'")).toBe(1);
  await display.waitForLight('synced', { pending: 0 });
  await display.page.keyboard.press('Escape');
  // The console asks nobody: what is written all the same is not hidden.
  await display.exec(INSERT, ['9780140328721', 'Only here']);
  const dialog = display.page.getByTestId('incompatible-dialog');
  await expect(dialog).toContainText('This device may only read');
  await expectAccessible(display.page);
  await expect(display.footerLight).toHaveAttribute('data-reason', 'read-only');
  // What others write still comes.
  await first.exec(INSERT, ['9780141439587', 'Persuasion']);
  await expect.poll(() => display.count(COUNT_BOOKS)).toBe(3);
  expect(await first.count(COUNT_BOOKS)).toBe(2);

  const listed = await runOctavo(['token', 'list'], server);
  const id = /^(\S+)\treader\t/m.exec(listed.output)?.[1] ?? '';
  await runOctavo(['token', 'revoke', id], server);
  await expect(display.footerLight).toHaveAttribute('data-reason', 'unauthorized');
  expect(await display.count(COUNT_BOOKS)).toBe(3);

  const again = await openShop({ url: server.url, path: '/books' });
  await expect(again.footerLight).toHaveAttribute('data-reason', 'unauthorized');
  await expect(again.page.getByTestId('incompatible-dialog')).toContainText('does not know this device');
});
