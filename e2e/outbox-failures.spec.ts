import { expectAccessible, tabTo } from './src/accessibility.ts';
import { runOctavo } from './src/command-line.ts';
import { CommandProxy, type Fate } from './src/command-proxy.ts';
import { fillWithNeeds } from './src/demo-needs.ts';
import { Outbox, withoutBackgroundSync } from './src/screens/outbox.ts';
import { ServerProcess } from './src/server-process.ts';
import { expect, test } from './src/test.ts';

const ORDERS = 'SELECT count(*) FROM supplier_order';
const MINUTE_MS = 60_000;
const failing: Fate = {
  name: 'answered',
  status: 500,
  body: JSON.stringify({ error: 'internal', message: 'The disk is full.' }),
  type: 'application/json',
};
const hotel: Fate = {
  name: 'answered',
  status: 200,
  body: '<h1>Welcome to the hotel</h1>',
  type: 'text/html',
};

test('a server that fails is asked again after 1, 5 and 15 minutes, and then by a button', async ({
  server,
  openShop,
}) => {
  const [{ supplier } = { supplier: '' }] = await fillWithNeeds(server, 1);
  await using proxy = await CommandProxy.inFrontOf(server.port);
  const shop = await openShop({ url: proxy.url });
  await withoutBackgroundSync(shop.page.context());
  await shop.page.clock.install();
  await shop.goto(new URL('/orders', proxy.url).href);
  await shop.waitForLight('synced', { pending: 0 });
  const outbox = new Outbox(shop);
  const failed = shop.page.getByTestId('outbox-failed');
  proxy.fate = () => failing;
  await outbox.place(supplier);
  await shop.page.getByTestId('outbox-without-sync').getByRole('button', { name: 'Dismiss' }).click();
  for (const [index, minutes] of [1, 5, 15].entries()) {
    await expect.poll(() => outbox.states()).toMatchObject([{ name: 'waiting', attempts: index + 1 }]);
    const [state] = await outbox.states();
    expect((state?.dueAt ?? 0) - (state?.triedAt ?? 0)).toBe(minutes * MINUTE_MS);
    expect(proxy.sent).toHaveLength(index + 1);
    await expect(failed).toHaveCount(index < 2 ? 0 : 1);
    const left = (state?.dueAt ?? 0) - (await shop.page.evaluate(() => Date.now()));
    await shop.page.clock.fastForward(left - 1_000);
    expect(await outbox.states()).toMatchObject([{ name: 'waiting', attempts: index + 1 }]);
    await shop.page.clock.fastForward(1_000);
    await expect.poll(() => proxy.sent.length).toBe(index + 2);
  }
  await expect.poll(() => outbox.states()).toMatchObject([{ name: 'exhausted', attempts: 4 }]);
  await shop.page.clock.fastForward(60 * MINUTE_MS);
  await expect(failed).toContainText(`Sync failed for the order from ${supplier}`);
  await expect(failed).toContainText('The disk is full.');
  await expectAccessible(shop.page);
  expect(proxy.sent).toHaveLength(4);

  await failed.getByRole('button', { name: 'Dismiss' }).click();
  await expect(failed).toBeHidden();
  await outbox.waitForQueued(1);
  // Whoever looks finds it there, and tries it again.
  await shop.go('Outbox');
  await expect(outbox.entries).toContainText('4 attempts');
  await expectAccessible(shop.page);
  await outbox.entries.getByTestId('outbox-retry').click();
  await expect(failed).toBeVisible();
  proxy.fate = () => ({ name: 'arrives' });
  await tabTo(shop.page, /^Retry now/);
  await shop.page.keyboard.press('Enter');
  await outbox.waitUntilSynced();
  await outbox.waitForQueued(0);
  expect(proxy.sent.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(new Set(proxy.sent.map(({ id }) => id)).size).toBe(1);
  expect(await server.count(ORDERS)).toBe(1);
});

test('an answer that was lost, or that a hotel has given, costs nothing and does nothing twice', async ({
  server,
  openShop,
}) => {
  const needs = await fillWithNeeds(server, 2);
  const [first = '', second = ''] = needs.map(({ supplier }) => supplier);
  await using proxy = await CommandProxy.inFrontOf(server.port);
  const shop = await openShop({ url: proxy.url });
  await withoutBackgroundSync(shop.page.context());
  await shop.goto(new URL('/orders', proxy.url).href);
  await shop.waitForLight('synced', { pending: 0 });
  const outbox = new Outbox(shop);
  proxy.fate = () => ({ name: 'answer lost' });
  await outbox.place(first);
  await expect.poll(() => outbox.states()).toMatchObject([{ reason: { kind: 'unreachable' } }]);
  expect(await server.count(ORDERS)).toBe(1);

  await shop.go('Outbox');
  await expect(outbox.entries).toContainText('The server cannot be reached.');
  proxy.fate = () => ({ name: 'arrives' });
  await shop.page.getByTestId('sync-now').click();
  await outbox.waitUntilSynced();
  expect(await server.count(ORDERS)).toBe(1);

  await shop.go('Orders');
  proxy.fate = () => hotel;
  await outbox.place(second);
  await expect.poll(() => outbox.states()).toMatchObject([{ reason: { kind: 'not-ours', status: 200 } }]);
  await shop.go('Outbox');
  await expect(outbox.entries).toContainText('has answered in its place (200)');
  await outbox.entries.getByTestId('outbox-delete').click();
  await outbox.waitForQueued(0);
  await shop.page.getByRole('button', { name: 'Undo' }).click();
  await outbox.waitForQueued(1);
  proxy.fate = () => ({ name: 'arrives' });
  await outbox.entries.getByTestId('outbox-retry').click();
  await outbox.waitForQueued(0);
  expect(new Set(proxy.sent.map(({ id }) => id)).size).toBe(2);
  expect(await server.exec('SELECT number FROM supplier_order ORDER BY number')).toEqual([
    { number: 1 },
    { number: 2 },
  ]);
});

test('a token that ran out while there was no network is asked for, and the command goes with the new one', async ({
  openShop,
}) => {
  await using server = await ServerProcess.start({ tokens: true });
  const link = new URL(await server.signInUrl);
  const admin = await openShop({ url: server.url, path: `/${link.hash}` });
  await admin.waitForLight('synced', { pending: 0 });
  await admin.exec("INSERT INTO supplier (id, name) VALUES ('s', 'Central Books')");
  await admin.exec(
    "INSERT INTO supplier_publisher (publisher, name, supplier_id) VALUES ('ace', 'Ace', 's')",
  );
  await admin.exec("INSERT INTO book (isbn, title, publisher) VALUES ('9780306406157', 'Emma', 'Ace')");
  await admin.exec(
    "INSERT INTO customer_order_line (id, customer_id, isbn, quantity, created_at) VALUES ('l', '', '9780306406157', 1, 1)",
  );
  const made = await runOctavo(['token', 'create', 'till', '--role', 'member'], server);
  const token = made.output.trim();
  await admin.waitForLight('synced', { pending: 0 });
  const till = await openShop({ url: server.url, path: `/#token=${token}` });
  await till.waitForLight('synced', { pending: 0 });
  await till.waitUntilInstalled();
  await till.go('Orders');
  await server.stop();
  const outbox = new Outbox(till);
  await outbox.place('Central Books');
  await outbox.waitForQueued(1);
  expect(JSON.stringify([await outbox.stored(), await outbox.stored('payloads')])).not.toContain(token);

  const listed = await runOctavo(['token', 'list'], server);
  await runOctavo(['token', 'revoke', /^(\S+)\tmember\t/m.exec(listed.output)?.[1] ?? ''], server);
  await server.restart();
  await till.goto(new URL('/outbox', server.url).href);
  await expect(outbox.entries).toContainText('Enter a valid access token in the settings.');
  const again = await runOctavo(['token', 'create', 'till', '--role', 'member'], server);
  await till.goto(new URL(`/?db=shop.sqlite3#token=${again.output.trim()}`, server.url).href);
  await outbox.waitForQueued(0);
  await expect.poll(() => admin.count(ORDERS)).toBe(1);
});
