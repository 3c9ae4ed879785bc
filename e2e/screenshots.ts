// node e2e/screenshots.ts: the pictures of the README, taken of the real app with a demo shop.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { type Browser, chromium, expect } from '@playwright/test';
import { ensureAppBuilt } from '../scripts/build-app.ts';
import { findChromium } from '../scripts/chromium.ts';
import { chromiumOptions } from './src/chromium.ts';
import { type DemoShop, fillWithDemoShop } from './src/demo-shop.ts';
import { root } from './src/paths.ts';
import { ServerProcess } from './src/server-process.ts';
import { ShopPage } from './src/shop-page.ts';
import { smallPng } from './src/small-png.ts';

const folder = join(root, 'docs', 'screenshots');
const wide = { width: 1440, height: 900 };
const narrow = { width: 360, height: 740 };

interface Picture {
  name: string;
  path: (demo: DemoShop) => string;
  viewport: { width: number; height: number };
  colorScheme: 'light' | 'dark';
}

const pictures: readonly Picture[] = [
  { name: 'stock', path: () => '/stock', viewport: wide, colorScheme: 'light' },
  { name: 'stock-dark', path: () => '/stock', viewport: wide, colorScheme: 'dark' },
  { name: 'sale', path: ({ openSale }) => `/outbound/${openSale}`, viewport: wide, colorScheme: 'light' },
  { name: 'book', path: ({ isbn }) => `/books/${isbn}`, viewport: wide, colorScheme: 'dark' },
  { name: 'phone-stock', path: () => '/stock', viewport: narrow, colorScheme: 'light' },
  {
    name: 'phone-sale',
    path: ({ openSale }) => `/outbound/${openSale}`,
    viewport: narrow,
    colorScheme: 'dark',
  },
];

ensureAppBuilt();
process.env['CHROME_PATH'] = await findChromium();
await mkdir(folder, { recursive: true });
await using server = await ServerProcess.start();
const demo = await fillWithDemoShop(server);
const browser = await chromium.launch(chromiumOptions());
try {
  for (const picture of pictures) await take(browser, picture);
} finally {
  await browser.close();
}

async function take(from: Browser, { name, path, viewport, colorScheme }: Picture): Promise<void> {
  const phone = viewport === narrow ? { isMobile: true, hasTouch: true } : {};
  const context = await from.newContext({
    ...phone,
    ...{ viewport, colorScheme, reducedMotion: 'reduce', locale: 'en-GB' },
  });
  const shop = await ShopPage.open(context, server.url, path(demo));
  await shop.waitForLight('synced', { pending: 0 });
  await expect(shop.page.getByText(/Homer|Kafka/).first()).toBeVisible();
  await expect(shop.page.getByTestId('check-badge')).toHaveCount(0);
  const taken = await shop.page.screenshot({ animations: 'disabled', caret: 'hide' });
  const picture = await smallPng(shop.page, taken);
  const file = join(folder, `${name}.png`);
  await writeFile(file, picture);
  process.stdout.write(`${file}: ${Math.round(picture.length / 1024)} KB\n`);
  await context.close();
}
