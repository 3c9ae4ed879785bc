import { type Browser, type BrowserContextOptions, expect, test as base } from '@playwright/test';
import { BrowserProfile } from './browser-profile.ts';
import { chooseSeed, randomNumbers } from './random.ts';
import { ServerProcess } from './server-process.ts';
import { ShopPage } from './shop-page.ts';
import { makeTemporaryFolder, removeFolder } from './temporary-folder.ts';

/** Opens the app as another bookseller: in a browser context of its own. */
export type OpenShop = (options?: {
  url?: string;
  path?: string;
  context?: BrowserContextOptions;
}) => Promise<ShopPage>;

export interface Fixtures {
  /** A running server with an empty shop. */
  server: ServerProcess;
  openShop: OpenShop;
  /** Makes a browser with a profile on disk. */
  newProfile: (options?: BrowserContextOptions) => Promise<BrowserProfile>;
  /** An empty folder that is removed afterwards. */
  folder: string;
  /** Random numbers of a seed that a failure shows; OCTAVO_SEED repeats it. */
  random: () => number;
}

export const test = base.extend<Fixtures>({
  // Playwright reads a fixture's needs off this pattern: none.
  // eslint-disable-next-line no-empty-pattern
  server: async ({}, use, info) => {
    await using server = await ServerProcess.start();
    await use(server);
    if (info.status !== info.expectedStatus)
      await info.attach('server.log', { body: server.log, contentType: 'text/plain' });
  },

  openShop: async ({ browser, server }, use) => {
    const shops: ShopPage[] = [];
    await use(async ({ url = server.url, path, context } = {}) => {
      const shop = await ShopPage.open(await newContext(browser, context), url, path);
      shops.push(shop);
      return shop;
    });
    for (const { page } of shops) await page.context().close();
    expect(shops.flatMap(({ faults }) => faults)).toEqual([]);
  },

  // eslint-disable-next-line no-empty-pattern
  newProfile: async ({}, use) => {
    await using profiles = new AsyncDisposableStack();
    await use(async (options) => profiles.use(await BrowserProfile.create(options)));
  },

  // eslint-disable-next-line no-empty-pattern
  folder: async ({}, use) => {
    const folder = await makeTemporaryFolder('files');
    await use(folder);
    await removeFolder(folder);
  },

  // eslint-disable-next-line no-empty-pattern
  random: async ({}, use, info) => {
    const seed = chooseSeed();
    info.annotations.push({ type: 'seed', description: String(seed) });
    await use(randomNumbers(seed));
    if (info.status !== info.expectedStatus) process.stderr.write(`Repeat with OCTAVO_SEED=${seed}\n`);
  },
});

function newContext(browser: Browser, options?: BrowserContextOptions) {
  return browser.newContext({ reducedMotion: 'reduce', ...options });
}

export { expect };
