import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';

/** A desk and a telephone. */
export const wide = { width: 1440, height: 900 };
export const narrow = { width: 360, height: 740 };

/** Looks at the same page in each width. */
export async function inEachWidth(page: Page, look: (viewport: typeof wide) => Promise<void>): Promise<void> {
  for (const viewport of [wide, narrow]) {
    await page.setViewportSize(viewport);
    await test.step(`${viewport.width} pixels wide`, () => look(viewport));
  }
}

type ColorScheme = 'light' | 'dark';

/** That axe finds nothing to complain of in what the page shows now, in light and in dark. */
export async function expectAccessible(page: Page): Promise<void> {
  await showIn(page, 'light');
  expect(await violations(page), 'in light colours').toEqual([]);
  await showIn(page, 'dark');
  // All else is the same in either.
  expect(await violations(page, ['color-contrast']), 'in dark colours').toEqual([]);
  await page.emulateMedia({ colorScheme: null });
}

/** Shows the page in light or dark, and waits until it is: axe would see the ink of one on the ground of the other. */
export async function showIn(page: Page, colorScheme: ColorScheme): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.waitForFunction(
    (scheme) => matchMedia(`(prefers-color-scheme: ${scheme})`).matches,
    colorScheme,
  );
}

/** What axe has to say, a line for each element; of these rules, or of all. */
export async function violations(page: Page, rules?: string[]): Promise<string[]> {
  // There are no frames to put together, for which axe would open a page of its own each time.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const found = await (rules === undefined ? axe : axe.withRules(rules)).analyze();
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}

/** Presses Tab until what has the focus is called so. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const wanted = page
    .locator(':focus')
    .and(
      page
        .getByRole('link', { name })
        .or(page.getByRole('button', { name }))
        .or(page.getByRole('combobox', { name })),
    );
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if ((await wanted.count()) > 0) return;
  }
  throw new Error(`Tab never reached "${String(name)}".`);
}
