import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Page } from '@playwright/test';
import { ChangedApp } from './src/changed-app.ts';
import { root } from './src/paths.ts';
import { ShopPage } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

interface Manifest {
  name: string;
  start_url: string;
  scope: string;
  display: string;
  icons: { src: string; sizes: string; type: string; purpose?: string }[];
}

test('the app can be installed: its manifest says everything that browsers ask for, and its icons are what it says', async ({
  server,
  openShop,
}) => {
  const shop = await openShop();
  const href = await shop.page.locator('link[rel=manifest]').getAttribute('href');
  const response = await fetch(new URL(href ?? '', server.url));
  expect(response.headers.get('content-type')).toMatch(/manifest\+json|application\/json/);
  const manifest = (await response.json()) as Manifest;
  expect(manifest).toMatchObject({ name: 'Octavo', start_url: '/', scope: '/', display: 'standalone' });
  const sizes = manifest.icons.map((icon) => icon.sizes);
  expect(sizes).toContain('192x192');
  expect(sizes).toContain('512x512');
  expect(manifest.icons.some(({ purpose }) => purpose === 'maskable')).toBe(true);
  for (const icon of manifest.icons) {
    const natural = await shop.page.evaluate(async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, icon.src);
    if (icon.sizes !== 'any') expect(natural, icon.src).toBe(icon.sizes);
  }

  // The browser's own judgement.
  const session = await shop.page.context().newCDPSession(shop.page);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  // Browsers without a profile cannot install anything.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual(
    [],
  );
});

test('everything that was built is kept for opening without a network', async ({ openShop }) => {
  const shop = await openShop();
  await shop.waitUntilInstalled();
  const kept = await shop.page.evaluate(async () => {
    const paths: string[] = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const { url } of await cache.keys()) paths.push(new URL(url).pathname);
    }
    return paths;
  });
  const folder = join(root, 'apps', 'web', 'build');
  const built = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
    // The service worker is the browser's to keep, and a version is asked for to learn of a newer one.
    .filter((path) => !['/service-worker.js', '/_app/version.json'].includes(path));
  // The bundler may write a file twice; one of the two is the one that is asked for.
  const pathsByContent = Map.groupBy(built, (path) => readFileSync(join(folder, path)).toString('base64'));
  const lost = [...pathsByContent.values()].filter((paths) => !paths.some((path) => kept.includes(path)));
  expect(built.map((path) => extname(path))).toEqual(
    expect.arrayContaining(['.html', '.js', '.css', '.wasm']),
  );
  expect(lost).toEqual([]);
});

test('when the program of the app does not come, the page says so', async ({ server, page }) => {
  await page.route('**/*.js', (route) => route.abort());
  await page.goto(server.url);
  await expect(page.getByText('The app’s program does not come.')).toBeVisible();
  await page.unroute('**/*.js');
  await page.getByRole('link', { name: 'load the page again' }).click();
  const shop = new ShopPage(page);
  await shop.ready();
  await shop.waitForLight('synced');
});

test('a new version waits until somebody wants it, and is then the one that runs', async ({
  server,
  openShop,
}) => {
  await using app = await ChangedApp.inFrontOf(server.port);
  const shop = await openShop({ url: app.url });
  const { page } = shop;
  await shop.waitUntilInstalled();
  const offer = page.getByText('A new version is ready');
  await expect(offer).toBeHidden();

  app.release();
  await shop.reload();
  await expect(offer).toBeVisible();
  expect(await versions(page)).toEqual({ waiting: 'installed', active: 'activated' });

  const loaded = page.waitForEvent('load');
  await page.getByRole('button', { name: 'Reload' }).click();
  await loaded;
  await shop.ready();
  await expect.poll(() => versions(page)).toEqual({ waiting: undefined, active: 'activated' });
  await expect(offer).toBeHidden();
});

/** The states of the service workers: the one that runs, and the one that would. */
function versions(page: Page): Promise<{ waiting: string | undefined; active: string | undefined }> {
  return page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    return { waiting: registration?.waiting?.state, active: registration?.active?.state };
  });
}
