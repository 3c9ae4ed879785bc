import { expect } from '@playwright/test';
import type { BrowserProfile } from './browser-profile.ts';
import { Outbox } from './screens/outbox.ts';
import type { ServerProcess } from './server-process.ts';
import { ShopPage } from './shop-page.ts';

const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';

/** One book that the server has, and one that was entered with sync off; the browser has noted how much it holds. */
export async function enterOneSentAndOneUnsent(shop: ShopPage): Promise<void> {
  await shop.exec(INSERT, ['9780306406157', 'On the server']);
  await shop.waitForLight('synced', { pending: 0 });
  await shop.syncOff();
  await shop.exec(INSERT, ['9780140328721', 'Only here']);
  await shop.waitForPending(1);
  const noted = () => shop.page.evaluate(() => localStorage.getItem('octavo:held:shop.sqlite3'));
  await expect.poll(noted).toContain('"pending":1');
}

/** A browser that has synced once, and whose database's program does not load any more. */
export async function openWithoutDatabaseProgram(profile: BrowserProfile, url: string): Promise<ShopPage> {
  const context = await profile.open();
  const shop = await ShopPage.open(context, url);
  await shop.waitForLight('synced');
  await context.route('**/database.worker*', (route) => route.abort());
  await shop.page.reload();
  return shop;
}

/** Stops the server and orders from these suppliers all the same, on the screen of what is to be ordered. */
export async function orderOffline(
  shop: ShopPage,
  server: ServerProcess,
  ...suppliers: readonly string[]
): Promise<Outbox> {
  const outbox = new Outbox(shop);
  await server.stop();
  await expect(shop.footerLight).not.toHaveAttribute('data-status', 'synced');
  for (const supplier of suppliers) {
    await outbox.place(supplier);
    await expect(outbox.toast).toContainText('Saved offline. Will sync when online.');
  }
  await outbox.waitForQueued(suppliers.length);
  return outbox;
}
