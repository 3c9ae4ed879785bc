import type { BrowserContext, Page } from '@playwright/test';

/** What has to be in the document: an element, and a part of its text. */
export interface Sight {
  selector: string;
  text: string;
}

declare global {
  interface Window {
    /** Milliseconds between the navigation and the frame in which it was first there. */
    octavoSeenAt?: number;
  }
}

/**
 * Has every page of a context note when something is first on the screen. The page's own clock is read, in the
 * callback of a frame: asking from outside would add the time of the asking.
 */
export async function noteFirstSight(context: BrowserContext, sight: Sight): Promise<void> {
  await context.addInitScript(({ selector, text }) => {
    const look = () => {
      const there = document.querySelector(selector)?.textContent.includes(text) ?? false;
      if (there) window.octavoSeenAt = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, sight);
}

/** Milliseconds from the navigation to the first sight. */
export async function firstSight(page: Page, timeout = 60_000): Promise<number> {
  const seen = await page.waitForFunction(() => window.octavoSeenAt, undefined, { timeout });
  return (await seen.jsonValue()) ?? NaN;
}

/** Waits for a sight from now on; resolves with the moment, in milliseconds since 1970, on a clock shared by all pages. */
export function momentOf(page: Page, sight: Sight, timeout = 60_000): Promise<number> {
  return page.evaluate(
    ({ selector, text, limit }) =>
      new Promise<number>((resolve, reject) => {
        const deadline = performance.now() + limit;
        const look = () => {
          const there = document.querySelector(selector)?.textContent.includes(text) ?? false;
          if (there) resolve(performance.timeOrigin + performance.now());
          else if (performance.now() > deadline) reject(new Error(`${selector} "${text}" did not appear.`));
          else requestAnimationFrame(look);
        };
        look();
      }),
    { ...sight, limit: timeout },
  );
}
