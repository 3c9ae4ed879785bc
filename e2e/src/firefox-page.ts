import type { SyncStatus } from '@octavo/sync/state.ts';
import type { Page } from 'puppeteer-core';
import './octavo-console.ts';
import { READY_LIMIT_MS, SYNC_LIMIT_MS } from './shop-page.ts';

/** What Firefox itself reports as an error of the page: a connection that was not to be had, or that a reload ended. */
const CONNECTION_REPORT = /^Error: (Firefox can’t establish a connection|The connection to ws)/;

const LIGHT = '[data-testid="remote-db"]';

/** An open Octavo in a tab of Firefox. */
export class FirefoxPage {
  readonly page: Page;
  /** Errors that nobody caught. Empty unless there is a bug. */
  readonly faults: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => {
      if (!CONNECTION_REPORT.test(String(error))) this.faults.push(String(error));
    });
  }

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
    await this.ready();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  async ready(): Promise<void> {
    await this.page.waitForSelector('body[data-ready="true"]', { timeout: READY_LIMIT_MS });
  }

  async waitForLight(
    status: SyncStatus,
    { timeout = SYNC_LIMIT_MS, pending = undefined as number | undefined } = {},
  ): Promise<void> {
    const count = pending === undefined ? '' : `[data-pending="${pending}"]`;
    await this.page.waitForSelector(`${LIGHT}[data-status="${status}"]${count}`, { timeout });
  }

  async waitForNoGreen(timeout: number): Promise<void> {
    await this.page.waitForSelector(`${LIGHT}:not([data-status="synced"])`, { timeout });
  }

  async waitForPending(count: number): Promise<void> {
    await this.page.waitForSelector(`${LIGHT}[data-pending="${count}"]`, { timeout: SYNC_LIMIT_MS });
  }

  /** Waits until the page shows a text. */
  async waitForText(text: string, timeout = SYNC_LIMIT_MS): Promise<void> {
    await this.page.waitForFunction(
      (expected) => document.body.innerText.includes(expected),
      { timeout },
      text,
    );
  }

  /** Presses what has this role and name. */
  async press(role: 'button' | 'link', name: string): Promise<void> {
    await this.page.locator(`::-p-aria([name="${name}"][role="${role}"])`).click();
  }

  /** The first column of the first row, as a number. */
  async count(sql: string, params: readonly unknown[] = []): Promise<number> {
    const [row] = await this.page.evaluate((text, bind) => window.octavo.query(text, bind), sql, params);
    return Number(Object.values(row ?? {})[0]);
  }

  async exec(sql: string, params: readonly unknown[] = []): Promise<void> {
    await this.page.evaluate((text, bind) => window.octavo.exec(text, bind), sql, params);
  }

  siteId(): Promise<string> {
    return this.page.evaluate(() => window.octavo.siteId());
  }
}
