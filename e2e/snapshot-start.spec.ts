import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SHOP, ServerProcess } from './src/server-process.ts';
import { ShopPage } from './src/shop-page.ts';
import { fillWithBooks } from './src/stock-lists.ts';
import { TcpProxy } from './src/tcp-proxy.ts';
import { expect, test } from './src/test.ts';
import { followProgress } from './src/progress.ts';

const COUNT_BOOKS = 'SELECT count(*) FROM book';
const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const CHECKSUM = 'SELECT sum(length(title) * CAST(isbn AS INTEGER) % 1000003) FROM book';
const FILLED_LIMIT_MS = 60_000;
/** Fewer are streamed in any case. */
const BOOKS_ENOUGH = 10_000;
/** Of the book that is the first one on the server. */
const isbn = (number: number) => String(9790000000001 + number);

test.describe('a shop with 100,000 books', () => {
  test.describe.configure({ mode: 'serial', timeout: 180_000 });
  const BOOKS = 100_000;
  let proxy: TcpProxy;
  let server: ServerProcess;
  let wholeSnapshot = 0;

  test.beforeAll(async () => {
    proxy = await TcpProxy.listen();
    server = await ServerProcess.start({ origins: [proxy.url] });
    proxy.leadTo(server.port);
    await fillWithBooks(server, BOOKS, { perTransaction: 2_000 });
  });
  test.afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test('is complete and green in a new browser, which shows how far it has come', async ({
    newProfile,
  }, info) => {
    const context = await (await newProfile()).open();
    const steps = await followProgress(context);
    const begun = performance.now();
    const shop = await ShopPage.open(context, proxy.url);
    await shop.waitForLight('synced', { pending: 0, timeout: FILLED_LIMIT_MS });
    const seconds = (performance.now() - begun) / 1000;
    expect(await shop.count(COUNT_BOOKS)).toBe(BOOKS);
    expect(await shop.integrity()).toBe('ok');
    wholeSnapshot = proxy.snapshotBytes;
    expect(proxy.snapshotRequests).toBe(1);

    const shown = await steps();
    info.annotations.push({
      type: 'measured',
      description: `${seconds.toFixed(1)} s from an empty profile to green, ${wholeSnapshot} bytes of snapshot, ${shown.length} steps of progress`,
    });
    expect(shown.length).toBeGreaterThanOrEqual(10);
    for (const [index, { bytes, of, text }] of shown.entries()) {
      const before = shown[index - 1];
      expect(bytes).toBeGreaterThanOrEqual(before?.bytes ?? 0);
      expect(bytes / of).toBeGreaterThanOrEqual((before?.bytes ?? 0) / (before?.of ?? 1) - 0.001);
      expect(text).toMatch(/^[\d.,]+ \w+ of about [\d.,]+ \w+, [\d.,]+ of [\d.,]+ changes/);
    }
    expect(shop.faults).toEqual([]);
  });

  test('goes on where its download was cut, also in a browser that was killed', async ({
    newProfile,
  }, info) => {
    const line = { megabytesPerSecond: 8 };
    proxy.open(line);
    const before = proxy.snapshotBytes;
    const profile = await newProfile();
    proxy.cutWhenSnapshotHas(before + wholeSnapshot * 0.5);
    let shop = await ShopPage.open(await profile.open(), proxy.url);
    await expect.poll(() => shop.light().then(({ status }) => status)).toMatch(/connecting|stuck/);
    const processes = await profile.processes();
    proxy.cutWhenSnapshotHas(before + wholeSnapshot * 0.75);
    proxy.open(line);
    await expect
      .poll(() => proxy.snapshotBytes, { timeout: 30_000 })
      .toBeGreaterThan(before + wholeSnapshot * 0.75);
    await profile.kill(processes);

    proxy.open(line);
    shop = await ShopPage.open(await profile.open(), proxy.url);
    await shop.waitForLight('synced', { pending: 0, timeout: FILLED_LIMIT_MS });
    expect(await shop.count(COUNT_BOOKS)).toBe(BOOKS);
    expect(await shop.integrity()).toBe('ok');
    const bytes = proxy.snapshotBytes - before;
    info.annotations.push({
      type: 'measured',
      description: `${bytes} bytes with two cuts, ${wholeSnapshot} without`,
    });
    expect(bytes).toBeLessThan(wholeSnapshot * 1.1);
  });
});

test('what was written before the first contact stays, and reaches the server', async ({
  server,
  newProfile,
}) => {
  await fillWithBooks(server, BOOKS_ENOUGH);
  const context = await (await newProfile()).open();
  const shop = await ShopPage.open(context, server.url, '/?db=another.sqlite3');
  await shop.waitUntilInstalled();
  await server.kill();
  await shop.goto(new URL(`/books?db=${SHOP}`, server.url).href);
  await shop.exec(INSERT, [isbn(0), 'On the server as well']);
  await shop.exec(INSERT, [isbn(-1), 'Only here']);
  const identity = await shop.siteId();

  await server.restart();
  await shop.waitForLight('synced', { pending: 0, timeout: FILLED_LIMIT_MS });
  expect(snapshotAnswers(server)).toEqual([200]);
  expect(await shop.siteId()).not.toBe(identity);
  for (const side of [shop, server]) {
    expect(await side.count(COUNT_BOOKS)).toBe(BOOKS_ENOUGH + 1);
    expect(await side.count(`${COUNT_BOOKS} WHERE title = 'Only here'`)).toBe(1);
  }
  expect(await shop.count(CHECKSUM)).toBe(await server.count(CHECKSUM));
  await expect(shop.page.getByTestId('recovery-report')).toBeHidden();
  expect(shop.faults).toEqual([]);
});

test('a browser that was away for long catches up with a snapshot, also of another server than the page’s, and what it had not sent is not lost', async ({
  server: page,
  newProfile,
}) => {
  await using server = await ServerProcess.start({ origins: [page.url] });
  const profile = await newProfile();
  let shop = await ShopPage.open(
    await profile.open(),
    page.url,
    `/?server=ws://127.0.0.1:${server.port}/sync`,
  );
  await shop.exec(INSERT, [isbn(-1), 'Sent']);
  await shop.waitForLight('synced', { pending: 0 });
  await shop.syncOff();
  await shop.exec(INSERT, [isbn(-2), 'Not sent']);
  await shop.waitForPending(1);
  await profile.close();
  await fillWithBooks(server, BOOKS_ENOUGH);

  shop = await ShopPage.open(await profile.open(), page.url, '/settings');
  await shop.exec(INSERT, [isbn(-3), 'Written today']);
  await shop.syncOn();
  await shop.waitForLight('synced', { pending: 0, timeout: FILLED_LIMIT_MS });
  expect(snapshotAnswers(server)).toEqual([200]);
  expect(await shop.count(COUNT_BOOKS)).toBe(BOOKS_ENOUGH + 3);
  expect(await server.count(COUNT_BOOKS)).toBe(BOOKS_ENOUGH + 3);
  const kept = shop.page.getByTestId('kept-databases').getByRole('listitem');
  await expect(kept).toContainText('replaced by the server’s copy');
  expect(shop.faults).toEqual([]);
});

test('a snapshot that is damaged is thrown away once, and the shop is streamed', async ({
  server,
  newProfile,
}) => {
  await fillWithBooks(server, BOOKS_ENOUGH);
  await server.request(`/${SHOP}/snapshot`);
  await damageSnapshot(server);
  const shop = await ShopPage.open(await (await newProfile()).open(), server.url);
  await shop.waitForLight('synced', { pending: 0, timeout: FILLED_LIMIT_MS });
  expect(await shop.count(COUNT_BOOKS)).toBe(BOOKS_ENOUGH);
  expect(await shop.integrity()).toBe('ok');
  // The one of this test, and the one of the browser.
  expect(snapshotAnswers(server)).toEqual([200, 200]);
  expect(shop.faults).toEqual([]);
});

/** The statuses of all requests for snapshots, in their order. */
function snapshotAnswers(server: ServerProcess): number[] {
  return server.log
    .split('\n')
    .filter((line) => line.includes('/snapshot'))
    .flatMap((line) => /"status":(\d+)/.exec(line)?.[1] ?? [])
    .map(Number);
}

/** Changes a byte in the middle of the snapshot that a server keeps, which it does not read again while it runs. */
async function damageSnapshot({ dataDir }: ServerProcess): Promise<void> {
  const folder = join(dataDir, 'snapshots', SHOP);
  const name = (await readdir(folder)).find((file) => file.endsWith('.gz'));
  if (name === undefined) throw new Error('The server keeps no snapshot.');
  const bytes = await readFile(join(folder, name));
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  await writeFile(join(folder, name), bytes);
}
