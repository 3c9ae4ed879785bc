import type { BrowserContext } from '@playwright/test';

/** The bar of progress as it was shown at a moment. */
export interface ShownProgress {
  bytes: number;
  of: number;
  text: string;
  /** Milliseconds since the page began. */
  at: number;
}

declare global {
  interface Window {
    shownProgress?: ShownProgress[];
  }
}

/**
 * Notes everything that the bar of progress shows in the pages that are opened from now on. Returns what gives it, of the
 * page that was opened last.
 */
export async function followProgress(context: BrowserContext): Promise<() => Promise<ShownProgress[]>> {
  await context.addInitScript(() => {
    const shown: ShownProgress[] = [];
    window.shownProgress = shown;
    const look = () => {
      const bar = document.querySelector('[data-testid="sync-progress"]');
      if (bar === null) return;
      const number = (name: string) => Number(bar.getAttribute(name));
      const now = {
        bytes: number('aria-valuenow'),
        of: number('aria-valuemax'),
        at: Math.round(performance.now()),
        text: bar.textContent.replace(/\s+/g, ' ').trim(),
      };
      const last = shown.at(-1);
      if (last?.bytes !== now.bytes || last.of !== now.of) shown.push(now);
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
  });
  return () => {
    const page = context.pages().at(-1);
    if (page === undefined) throw new Error('No page is open.');
    return page.evaluate(() => window.shownProgress ?? []);
  };
}
