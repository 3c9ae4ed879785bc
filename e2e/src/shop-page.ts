import { type BrowserContext, expect, type Locator, type Page } from '@playwright/test';
import type { SyncState, SyncStatus } from '@octavo/sync/state.ts';
import './octavo-console.ts';

/** How long a page may take to open its database, also on a machine with a lot to do. */
export const READY_LIMIT_MS = 20_000;
/** How long replicas may take to agree, after reconnecting as well. */
export const SYNC_LIMIT_MS = 20_000;

export type Room =
  | 'Stock'
  | 'Books'
  | 'Inbound'
  | 'Outbound'
  | 'Customers'
  | 'Orders'
  | 'Suppliers'
  | 'Warehouses'
  | 'Import'
  | 'Outbox'
  | 'Settings';

export interface Light {
  status: string | null;
  pending: number;
  text: string;
}

/** An open Octavo in a page, with what a bookseller does there and what `window.octavo` tells. */
export class ShopPage {
  readonly page: Page;
  readonly footerLight: Locator;
  /** Errors that nobody caught, and violations of the page's security policy. Empty unless there is a bug. */
  readonly faults: string[] = [];

  constructor(page: Page) {
    this.page = page;
    this.footerLight = page.getByTestId('remote-db');
    page.on('pageerror', (error) => this.faults.push(`${error.name}: ${error.message}`));
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) this.faults.push(message.text());
    });
  }

  /** Opens the app in a new page and waits until its database answers. */
  static async open(context: BrowserContext, url: string, path = '/'): Promise<ShopPage> {
    const shop = new ShopPage(await context.newPage());
    await shop.goto(new URL(path, url).href);
    return shop;
  }

  /** Loads an address anew. */
  async goto(url: string): Promise<void> {
    await this.page.goto(url);
    await this.ready();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  async ready(): Promise<void> {
    await expect(this.page.locator('body')).toHaveAttribute('data-ready', 'true', {
      timeout: READY_LIMIT_MS,
    });
  }

  /** Goes to another room by its link, without loading the page. On a narrow window some are behind "More". */
  async go(room: Room): Promise<void> {
    const navigation = this.page.getByRole('navigation', { name: 'Rooms' });
    await navigation.getByRole('link', { name: room }).click();
    await expect(this.page.getByRole('heading', { level: 1, name: room })).toBeVisible();
  }

  // The light

  async light(): Promise<Light> {
    return {
      status: await this.footerLight.getAttribute('data-status'),
      pending: Number(await this.footerLight.getAttribute('data-pending')),
      text: (await this.footerLight.innerText()).trim(),
    };
  }

  async waitForLight(
    status: SyncStatus,
    { timeout = SYNC_LIMIT_MS, pending = undefined as number | undefined } = {},
  ) {
    await expect(this.footerLight).toHaveAttribute('data-status', status, { timeout });
    if (pending !== undefined) await this.waitForPending(pending, timeout);
  }

  async waitForPending(count: number, timeout = SYNC_LIMIT_MS): Promise<void> {
    await expect(this.footerLight).toHaveAttribute('data-pending', String(count), { timeout });
  }

  // The console

  query<Row extends Record<string, unknown>>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    // The caller has written the query and knows its columns.
    return this.page.evaluate(([text, bind]) => window.octavo.query(text, bind), [
      sql,
      params,
    ] as const) as Promise<Row[]>;
  }

  /** The first column of the first row, as a number. */
  async count(sql: string, params: readonly unknown[] = []): Promise<number> {
    const [row] = await this.query(sql, params);
    return Number(Object.values(row ?? {})[0]);
  }

  exec(sql: string, params: readonly unknown[] = []): Promise<void> {
    return this.page.evaluate(([text, bind]) => window.octavo.exec(text, bind), [sql, params] as const);
  }

  status(): Promise<SyncState> {
    return this.page.evaluate(() => window.octavo.status());
  }

  syncOff(): Promise<void> {
    return this.page.evaluate(() => window.octavo.syncOff());
  }

  syncOn(): Promise<void> {
    return this.page.evaluate(() => window.octavo.syncOn());
  }

  dbVersion(): Promise<number> {
    return this.page.evaluate(() => window.octavo.dbVersion());
  }

  siteId(): Promise<string> {
    return this.page.evaluate(() => window.octavo.siteId());
  }

  /**
   * What SQLite says about every table of the browser's file and its indexes: `ok`, or what is wrong. Table by table,
   * because the check of a search index writes, which queries may not.
   */
  async integrity(): Promise<string> {
    const tables = await this.query<{ name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
    );
    const answers = new Set<unknown>();
    for (const { name } of tables) {
      const rows = await this.query(`PRAGMA integrity_check("${name}")`);
      for (const row of rows) for (const answer of Object.values(row)) answers.add(answer);
    }
    return [...answers].join('\n');
  }

  /** Waits until the app would open without a network. */
  async waitUntilInstalled(): Promise<void> {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
  }
}
