import { BrowserProfile } from '@octavo/e2e/browser-profile.ts';
import { ServerProcess } from '@octavo/e2e/server-process.ts';
import { ShopPage } from '@octavo/e2e/shop-page.ts';
import { fillWithBooks } from '@octavo/e2e/stock-lists.ts';
import { milliseconds } from '../measure.ts';
import { firstSight, noteFirstSight } from '../page-clock.ts';
import { check, type Scenario } from '../scenario.ts';

const BOOKS = 10_000;

/** A browser that has never been here: from its first navigation to every book on the screen's count. */
export const bootstrap: Scenario = {
  name: 'bootstrap',
  browser: true,
  run: async () => {
    await using server = await ServerProcess.start();
    await fillWithBooks(server, BOOKS);
    await using profile = await BrowserProfile.create();
    const context = await profile.open();
    await noteFirstSight(context, { selector: '[data-testid=screen-detail]', text: '10,000 books' });
    const shop = await ShopPage.open(context, server.url, '/books');
    const complete = await firstSight(shop.page);
    await shop.waitForLight('synced', { pending: 0 });
    check('books in the new browser', await shop.count('SELECT count(*) FROM book'), BOOKS);
    return { 'a new browser gets 10,000 books': milliseconds(complete) };
  },
};
