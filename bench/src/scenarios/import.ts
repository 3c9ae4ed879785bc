import { BrowserProfile } from '@octavo/e2e/browser-profile.ts';
import { mainThreadTasksDuring } from '@octavo/e2e/main-thread.ts';
import { ImportScreen } from '@octavo/e2e/screens/import.ts';
import { ServerProcess } from '@octavo/e2e/server-process.ts';
import { ShopPage } from '@octavo/e2e/shop-page.ts';
import { writeStockList } from '@octavo/e2e/stock-lists.ts';
import { milliseconds } from '../measure.ts';
import { momentOf } from '../page-clock.ts';
import { check, type Scenario } from '../scenario.ts';

const ROWS = 10_000;

/** A stock list with all the mess of real ones, from the click to the summary, and until the server has it on disk. */
export const importStockList: Scenario = {
  name: 'import',
  browser: true,
  run: async () => {
    await using server = await ServerProcess.start();
    await using profile = await BrowserProfile.create();
    const list = await writeStockList(server.dataDir, { rows: ROWS });
    const shop = await ShopPage.open(await profile.open(), server.url);
    await shop.waitForLight('synced');
    const screen = await ImportScreen.open(shop);
    await screen.choose(list.path);
    await screen.startButton.waitFor();

    let imported = NaN;
    let confirmed = NaN;
    const tasks = await mainThreadTasksDuring(shop.page, async () => {
      const done = momentOf(shop.page, { selector: '[data-stage=done]', text: '' });
      const start = await shop.page.evaluate(() => {
        const begun = performance.timeOrigin + performance.now();
        document.querySelector<HTMLElement>('[data-testid=import-start]')?.click();
        return begun;
      });
      imported = (await done) - start;
      const green = momentOf(shop.page, { selector: '[data-status=synced][data-pending="0"]', text: '' });
      confirmed = (await green) - start;
    });

    const { added, refused } = await screen.counts();
    check('rows', { added, refused }, { added: list.good, refused: list.refused });
    check('books on the server', await server.count('SELECT count(*) FROM book'), list.good);
    return {
      'import of 10,000 rows': milliseconds(imported),
      '… until the server has them': milliseconds(confirmed),
      '… longest task of the main thread': milliseconds(tasks[0]?.elapsed ?? NaN),
    };
  },
};
