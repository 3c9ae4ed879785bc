import { type Browser, launch } from 'puppeteer-core';
import { FirefoxPage } from './firefox-page.ts';
import { firefoxPath } from './firefox.ts';
import { makeTemporaryFolder, removeFolder } from './temporary-folder.ts';

/**
 * A Firefox with a profile on disk, driven by WebDriver BiDi. By Puppeteer, because Playwright drives only a Firefox that it
 * has patched.
 */
export class FirefoxProfile implements AsyncDisposable {
  readonly #folder: string;
  #browser: Browser | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<FirefoxProfile> {
    return new FirefoxProfile(await makeTemporaryFolder('firefox'));
  }

  /** Opens the app in a new tab and waits until its database answers. Starts the browser where it does not run. */
  async openTab(url: string, path = '/'): Promise<FirefoxPage> {
    this.#browser ??= await this.#launch();
    const tab = new FirefoxPage(await this.#browser.newPage());
    await tab.goto(new URL(path, url).href);
    return tab;
  }

  /** Closes the browser as its user does. */
  async close(): Promise<void> {
    const browser = this.#browser;
    this.#browser = undefined;
    await browser?.close();
  }

  /** Ends the browser at once, as a crash or a power cut does. */
  async kill(): Promise<void> {
    const process = this.#browser?.process();
    if (process === undefined || process === null) throw new Error('The browser is not running.');
    this.#browser = undefined;
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill('SIGKILL');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await removeFolder(this.#folder);
  }

  async #launch(): Promise<Browser> {
    const executablePath = firefoxPath();
    if (executablePath === undefined)
      throw new Error('No Firefox is here. Install one, or set FIREFOX_PATH to it.');
    return await launch({ browser: 'firefox', executablePath, headless: true, userDataDir: this.#folder });
  }
}
