import type { BrowserContext, Page } from '@playwright/test';

/** What a page has shown while something came from the cloud. */
export interface ContentRecord {
  /** How far the badge said that it was, each time that it said something else. */
  percents: number[];
  /** Rows of the list that were removed or emptied. */
  lost: string[];
  /** How many rows had something in them. */
  filled: number;
}

declare global {
  interface Window {
    contentRecord: ContentRecord;
  }
}

/** Runs in the page, from its beginning. */
function watch(): void {
  const record: ContentRecord = { percents: [], lost: [], filled: 0 };
  window.contentRecord = record;
  const isRow = (node: Node | null): node is HTMLElement =>
    node instanceof HTMLElement && node.matches('[role="row"][aria-rowindex]');
  const filled = new Set<HTMLElement>();
  new MutationObserver((mutations) => {
    for (const { removedNodes } of mutations)
      for (const node of removedNodes) {
        if (!(node instanceof HTMLElement)) continue;
        const rows = [node, ...node.querySelectorAll('*')].filter(isRow).filter((row) => filled.has(row));
        record.lost.push(...rows.map((row) => `removed: ${row.textContent.trim()}`));
      }
    for (const row of [...document.querySelectorAll('[role="row"]')].filter(isRow)) {
      if (row.textContent.trim() !== '') filled.add(row);
      else if (filled.has(row)) record.lost.push(`emptied: ${row.ariaRowIndex}`);
    }
    record.filled = filled.size;
    const percent = document.querySelector('[data-testid="check-badge"]')?.getAttribute('aria-valuenow');
    if (percent !== null && percent !== undefined && Number(percent) !== record.percents.at(-1))
      record.percents.push(Number(percent));
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}

/** Notes what pages show that are opened from now on. Returns what gives it. */
export async function recordContent(
  context: BrowserContext,
): Promise<(page: Page) => Promise<ContentRecord>> {
  await context.addInitScript(watch);
  return (page) => page.evaluate(() => window.contentRecord);
}
