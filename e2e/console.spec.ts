import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFile } from '@octavo/crsqlite/node.ts';
import { writeFile } from 'node:fs/promises';
import { expect, test } from './src/test.ts';

const INSERT = "INSERT INTO book (isbn, title) VALUES ('9780306406157', 'By hand')";

test('the console reads, writes, tells its state and identity, and exports a whole database', async ({
  server,
  openShop,
  folder,
}) => {
  const shop = await openShop({ path: '/books' });
  expect(await shop.siteId()).toMatch(/^[0-9a-f]{32}$/);
  const before = await shop.dbVersion();
  await shop.exec(INSERT);
  await expect(shop.page.getByTestId('rows')).toContainText('By hand');
  expect(await shop.dbVersion()).toBe(before + 1);
  expect(await shop.query('SELECT title FROM book WHERE isbn = ?', ['9780306406157'])).toEqual([
    { title: 'By hand' },
  ]);
  await shop.waitForLight('synced', { pending: 0 });
  expect(await shop.status()).toMatchObject({ status: 'synced', pending: 0 });
  expect(await server.count('SELECT count(*) FROM book')).toBe(1);

  await shop.syncOff();
  expect(await shop.status()).toMatchObject({ status: 'disconnected' });
  await shop.syncOn();
  await shop.waitForLight('synced');

  const base64 = await shop.page.evaluate(async () => {
    const bytes = new Uint8Array(await (await window.octavo.exportDatabase()).arrayBuffer());
    return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
  });
  const path = join(folder, 'export.sqlite3');
  await writeFile(path, Buffer.from(base64, 'base64'));
  expect((await readFile(path)).subarray(0, 15).toString('latin1')).toBe('SQLite format 3');
  const database = await openFile(path, { owner: 'a test' });
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  expect(database.prepare('SELECT title FROM book').all()).toEqual([{ title: 'By hand' }]);
  database.close();
});

test('the debug screen tells who this replica is, how far it stands and how its connections went', async ({
  server,
  openShop,
}) => {
  const shop = await openShop({ path: '/debug' });
  await shop.exec(INSERT);
  await shop.waitForLight('synced', { pending: 0 });
  const { page } = shop;
  await expect(page.getByTestId('debug-site-id')).toHaveText(await shop.siteId());
  await expect(page.getByTestId('debug-acks')).toContainText(
    `Acknowledged up to version ${await shop.dbVersion()}`,
  );
  await expect(page.getByTestId('debug-connections').getByRole('listitem')).toHaveCount(1);
  await server.kill();
  await expect(shop.footerLight).not.toHaveAttribute('data-status', 'synced');
  await server.restart();
  await server.exec("INSERT INTO book (isbn, title) VALUES ('9780140328721', 'From elsewhere')");
  await shop.waitForLight('synced');
  await expect
    .poll(() => page.getByTestId('debug-connections').getByRole('listitem').count())
    .toBeGreaterThan(1);
  await shop.reload();
  await expect(page.getByTestId('debug-other-sites')).toHaveText(/^[0-9a-f]{32}$/);
});

test('a statement that is wrong, or writes where only reading is promised, is refused in words', async ({
  openShop,
}) => {
  const shop = await openShop();
  await expect(shop.query('SELEKT 1')).rejects.toThrow(/syntax error/);
  await expect(shop.query(INSERT)).rejects.toThrow(/Use exec/);
  await expect(shop.exec('INSERT INTO nowhere VALUES (1)')).rejects.toThrow(/no such table/);
  expect(await shop.count('SELECT count(*) FROM book')).toBe(0);
});

test('the address of a first visit chooses the database, and a token does not stay in it', async ({
  server,
  openShop,
}) => {
  const shop = await openShop({ path: '/?db=branch.sqlite3#token=secret' });
  await shop.exec(INSERT);
  await shop.waitForLight('synced', { pending: 0 });
  expect(shop.page.url()).not.toContain('secret');
  expect(shop.page.url()).not.toContain('branch');
  const [row] = await server.exec('SELECT count(*) AS books FROM book', [], 'branch.sqlite3');
  expect(row).toEqual({ books: 1 });
  expect(await server.count('SELECT count(*) FROM book')).toBe(0);
});
