import { type BrowserContext, expect, type Locator } from '@playwright/test';
import type { ShopPage } from '../shop-page.ts';

declare global {
  interface Window {
    /** Everything that the outbox has said in a page. */
    outboxSaid?: string[];
  }
}

/** What of the queue is seen on every screen, and its own screen. */
export class Outbox {
  readonly #shop: ShopPage;
  readonly toast: Locator;
  readonly entries: Locator;
  readonly refused: Locator;
  readonly tasks: Locator;

  constructor(shop: ShopPage) {
    this.#shop = shop;
    this.toast = shop.page.getByTestId('outbox');
    this.entries = shop.page.getByTestId('outbox-entry');
    this.refused = shop.page.getByTestId('outbox-refused');
    this.tasks = shop.page.getByTestId('outbox-task');
  }

  async waitForQueued(count: number): Promise<void> {
    await expect(this.#shop.footerLight).toHaveAttribute('data-queued', String(count), { timeout: 20_000 });
  }

  async waitUntilSynced(): Promise<void> {
    await expect(this.toast).toContainText('Your changes have been synced!', { timeout: 20_000 });
  }

  /** Everything that was said since the page was loaded, in order, each once where it was repeated. */
  said(): Promise<string[]> {
    return this.#shop.page.evaluate(() => window.outboxSaid ?? []);
  }

  /** Places the order with a supplier, from the screen of what is to be ordered. */
  async place(supplier: string): Promise<void> {
    const section = this.#shop.page.getByRole('region', { name: supplier });
    await section.getByTestId('place-order').click();
    await expect(section.getByTestId('place-order')).toBeHidden();
  }
}

/** Notes what the outbox says in the pages that are opened from now on. */
export async function followOutbox(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const said: string[] = [];
    window.outboxSaid = said;
    const look = () => {
      for (const message of document.querySelectorAll('[data-testid="outbox"] p')) {
        const text = message.textContent.replace(/\s+/g, ' ').trim();
        if (said.at(-1) !== text && !said.slice(-4).includes(text)) said.push(text);
      }
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
  });
}

/** Takes Background Sync away from the pages that are opened from now on, as in Firefox and Safari. */
export async function withoutBackgroundSync(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    Reflect.deleteProperty(ServiceWorkerRegistration.prototype, 'sync');
  });
}
