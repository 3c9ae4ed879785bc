import { BrowserProfile } from '@octavo/e2e/browser-profile.ts';
import { ServerProcess, SHOP } from '@octavo/e2e/server-process.ts';
import { ShopPage } from '@octavo/e2e/shop-page.ts';
import { fillWithBooks } from '@octavo/e2e/stock-lists.ts';
import { milliseconds } from '../measure.ts';
import { check, type Scenario } from '../scenario.ts';
import { percentile } from '../statistics.ts';

const BOOKS = 10_000;
const ROUNDS = 10;
const PROMISED_MS = 1_000;
/** How many writes follow the one that found nobody leading. */
const WRITES_AFTERWARDS: number = 20;

/** The tab that has the database is closed while another one writes: the write that had to wait for the takeover. */
export const takeover: Scenario = {
  name: 'takeover',
  browser: true,
  run: async () => {
    await using server = await ServerProcess.start();
    await fillWithBooks(server, BOOKS);
    await using profile = await BrowserProfile.create();
    const context = await profile.open();
    let leader = await ShopPage.open(context, server.url, '/books');
    await leader.waitForLight('synced', { timeout: 60_000, pending: 0 });

    const times: number[] = [];
    let total = 0;
    for (let round = 1; round <= ROUNDS; round += 1) {
      const follower = await ShopPage.open(context, server.url, '/books');
      await follower.page.waitForFunction(
        async (lock) => (await navigator.locks.query()).pending?.some(({ name }) => name === lock),
        `octavo/database/${SHOP}`,
      );
      const waits = follower.page.evaluate(
        async ([prefix, afterwards]) => {
          const led = () => document.body.dataset['leads'] === 'true';
          const took: number[] = [];
          for (let left = afterwards; left > 0; left -= led() ? 1 : 0) {
            const asked = performance.now();
            await window.octavo.exec('INSERT INTO book (isbn, title) VALUES (?, ?)', [
              `${prefix}${String(took.length).padStart(8, '0')}`,
              'During a takeover',
            ]);
            took.push(performance.now() - asked);
          }
          return took;
        },
        [`979${String(10 + round)}`, WRITES_AFTERWARDS] as const,
      );
      await leader.page.close();
      const took = await waits;
      times.push(Math.max(...took));
      const written = await follower.count('SELECT count(*) FROM book WHERE title = ?', [
        'During a takeover',
      ]);
      total += took.length;
      check('what was written is there once', written, total);
      leader = follower;
    }
    return {
      'another tab writes on after the leading one was closed, p50': milliseconds(percentile(times, 0.5)),
      'the longest of them': milliseconds(Math.max(...times), { atMost: PROMISED_MS }),
    };
  },
};
