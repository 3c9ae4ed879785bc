import { BrowserProfile } from '@octavo/e2e/browser-profile.ts';
import { ServerProcess } from '@octavo/e2e/server-process.ts';
import { ShopPage } from '@octavo/e2e/shop-page.ts';
import { fillWithBooks } from '@octavo/e2e/stock-lists.ts';
import { milliseconds } from '../measure.ts';
import { momentOf } from '../page-clock.ts';
import { check, type Scenario } from '../scenario.ts';
import { percentile } from '../statistics.ts';

const BOOKS = 10_000;
const EDITS = 50;
const FIRST = '9790000000001';

/** An edit in one browser until another shows it, in a shop of 10,000 books. */
export const propagate: Scenario = {
  name: 'propagate',
  browser: true,
  run: async () => {
    await using server = await ServerProcess.start();
    await fillWithBooks(server, BOOKS);
    await using profileA = await BrowserProfile.create();
    await using profileB = await BrowserProfile.create();
    const writer = await ShopPage.open(await profileA.open(), server.url, '/books');
    const reader = await ShopPage.open(await profileB.open(), server.url, `/books/${FIRST}`);
    for (const shop of [writer, reader]) await shop.waitForLight('synced', { timeout: 60_000 });

    const times: number[] = [];
    for (let edit = 1; edit <= EDITS; edit += 1) {
      // A title that sorts first: the row is on the screen whatever else is.
      const title = `! edit ${edit} !`;
      const shown = momentOf(reader.page, { selector: '[data-testid=rows]', text: title });
      const written = await writer.page.evaluate(
        async ([text, isbn]) => {
          const begun = performance.timeOrigin + performance.now();
          await window.octavo.exec('UPDATE book SET title = ? WHERE isbn = ?', [text, isbn]);
          return begun;
        },
        [title, FIRST] as const,
      );
      times.push((await shown) - written);
    }
    for (const shop of [writer, reader]) await shop.waitForLight('synced', { pending: 0 });
    const rows = await server.exec('SELECT title FROM book WHERE isbn = ?', [FIRST]);
    check('the last title on the server', rows, [{ title: `! edit ${EDITS} !` }]);
    return {
      'an edit appears in another browser, p50': milliseconds(percentile(times, 0.5)),
      'an edit appears in another browser, p95': milliseconds(percentile(times, 0.95)),
    };
  },
};
