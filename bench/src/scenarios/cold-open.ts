import { BrowserProfile } from '@octavo/e2e/browser-profile.ts';
import { ServerProcess } from '@octavo/e2e/server-process.ts';
import { ShopPage } from '@octavo/e2e/shop-page.ts';
import { fillWithBooks } from '@octavo/e2e/stock-lists.ts';
import { milliseconds } from '../measure.ts';
import { firstSight, noteFirstSight } from '../page-clock.ts';
import { check, type Scenario } from '../scenario.ts';

const BOOKS = 10_000;

/** The morning: the browser is started, there is no server and no network, and the books are to be on the screen. */
export const coldOpen: Scenario = {
  name: 'cold-open',
  browser: true,
  run: async () => {
    await using server = await ServerProcess.start();
    await fillWithBooks(server, BOOKS);
    await using profile = await BrowserProfile.create();
    const evening = await ShopPage.open(await profile.open(), server.url, '/books');
    await evening.waitForLight('synced', { timeout: 60_000 });
    await evening.waitUntilInstalled();
    await profile.close();
    await server.kill();

    const context = await profile.open();
    await context.setOffline(true);
    await noteFirstSight(context, { selector: '[data-testid=rows]', text: 'Book 1,' });
    const morning = await ShopPage.open(context, server.url, '/books');
    const rows = await firstSight(morning.page);
    check('books without a server', await morning.count('SELECT count(*) FROM book'), BOOKS);
    return { 'cold open, offline, to rows of 10,000 books': milliseconds(rows) };
  },
};
