import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { type BrowserContext, type BrowserContextOptions, chromium } from '@playwright/test';
import { chromiumOptions } from './chromium.ts';
import { makeTemporaryFolder, removeFolder } from './temporary-folder.ts';

/**
 * A browser with a profile on disk. What is written in it survives the browser, as at a bookseller's; in Playwright's
 * ordinary contexts OPFS is memory of another process and several times slower.
 */
export class BrowserProfile implements AsyncDisposable {
  readonly #folder: string;
  readonly #options: BrowserContextOptions;
  #context: BrowserContext | undefined;

  private constructor(folder: string, options: BrowserContextOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  static async create(options: BrowserContextOptions = {}): Promise<BrowserProfile> {
    return new BrowserProfile(await makeTemporaryFolder('profile'), options);
  }

  /** A browser whose user has it block every site's data: no files, no IndexedDB, no locks, no service worker. */
  static async withBlockedStorage(options: BrowserContextOptions = {}): Promise<BrowserProfile> {
    const folder = await makeTemporaryFolder('profile');
    const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
    await mkdir(join(folder, 'Default'));
    await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences));
    return new BrowserProfile(folder, options);
  }

  /** Starts the browser, or gives the one that runs. */
  async open(): Promise<BrowserContext> {
    this.#context ??= await chromium.launchPersistentContext(this.#folder, {
      ...chromiumOptions(),
      ...this.#options,
    });
    return this.#context;
  }

  /** Closes the browser as its user does. */
  async close(): Promise<void> {
    const context = this.#context;
    this.#context = undefined;
    await context?.close();
  }

  /** Ids of the processes of the running browser. */
  async processes(): Promise<number[]> {
    const session = await this.#context?.browser()?.newBrowserCDPSession();
    if (session === undefined) throw new Error('The browser is not running.');
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    return processInfo.map(({ id }) => id);
  }

  /**
   * Ends the browser's processes at once, as a crash or a power cut does. They are asked for before, so that the moment
   * is the caller's.
   */
  async kill(processes: readonly number[]): Promise<void> {
    const context = this.#context;
    if (context === undefined) return;
    this.#context = undefined;
    const closed = new Promise((resolve) => context.once('close', resolve));
    for (const id of processes) {
      try {
        process.kill(id, 'SIGKILL');
      } catch (error) {
        // A helper process that has ended by itself meanwhile.
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
      }
    }
    await closed;
    await context.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await removeFolder(this.#folder);
  }
}
