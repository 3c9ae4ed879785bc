import { type BrowserContext, expect, type Locator } from '@playwright/test';
import type { ShopPage } from '../shop-page.ts';

declare global {
  interface Window {
    /** Everything that the outbox has said in a page. */
    outboxSaid?: string[];
  }
}

interface StoredState {
  name: string;
  attempts?: number;
  triedAt?: number;
  dueAt?: number;
  reason?: { kind: string; status?: number };
}

interface StoredEntry {
  id: string;
  state: StoredState;
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

  /** How far each queued command is, in order. */
  async states(): Promise<StoredState[]> {
    return (await this.stored()).map(({ state }) => state);
  }

  /** What is stored in the browser. */
  async stored(store: 'entries' | 'payloads' = 'entries'): Promise<StoredEntry[]> {
    return this.#shop.page.evaluate(async (name) => {
      const opened = indexedDB.open('octavo-outbox');
      await new Promise((resolve) => opened.addEventListener('success', resolve));
      const rows = opened.result.transaction(name).objectStore(name).getAll();
      await new Promise((resolve) => rows.addEventListener('success', resolve));
      opened.result.close();
      return rows.result as StoredEntry[];
    }, store);
  }

  /**
   * Puts commands into the queue behind what is there, as the app itself never would. Which shop they are for is taken from
   * the first one.
   */
  async smuggle(commands: readonly { id: string; type: string; payload: unknown }[]): Promise<void> {
    await this.#shop.page.evaluate(async (given) => {
      const opened = indexedDB.open('octavo-outbox');
      await new Promise((resolve) => opened.addEventListener('success', resolve));
      const change = opened.result.transaction(['entries', 'payloads'], 'readwrite');
      const [entries, payloads] = [change.objectStore('entries'), change.objectStore('payloads')];
      const rows = entries.getAll();
      await new Promise((resolve) => rows.addEventListener('success', resolve));
      const [model] = rows.result as { position: number }[];
      for (const [index, { id, type, payload }] of given.entries()) {
        const subject = { words: `smuggled ${index}`, href: '/outbox' };
        const position = rows.result.length + index + (model?.position ?? 0);
        // Nothing of what the first one was decided on.
        entries.put({
          ...model,
          baseVersion: undefined,
          id,
          type,
          lane: id,
          subject,
          position,
          state: { name: 'queued' },
        });
        payloads.put(payload, id);
      }
      await new Promise((resolve) => change.addEventListener('complete', resolve));
      opened.result.close();
    }, commands);
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
