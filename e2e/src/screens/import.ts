import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, type Locator } from '@playwright/test';
import type { ShopPage } from '../shop-page.ts';

export interface ImportCounts {
  added: number;
  updated: number;
  unchanged: number;
  refused: number;
}

/** The files that Playwright gives to a file picker: a path, or a name with its content. */
type Chosen = string | { name: string; mimeType: string; buffer: Buffer };

/** The room where stock lists come in. */
export class ImportScreen {
  readonly root: Locator;
  readonly #shop: ShopPage;

  constructor(shop: ShopPage) {
    this.#shop = shop;
    this.root = shop.page.getByTestId('import');
  }

  static async open(shop: ShopPage): Promise<ImportScreen> {
    await shop.go('Import');
    return new ImportScreen(shop);
  }

  async choose(file: Chosen): Promise<void> {
    await this.root.getByTestId('import-file').setInputFiles(file);
  }

  /** Drops a file from outside of the browser. */
  async drop(path: string): Promise<void> {
    const dropped = await this.#shop.page.evaluateHandle(
      ([name, content]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([content], name, { type: 'text/csv' }));
        return transfer;
      },
      [basename(path), await readFile(path, 'utf8')] as const,
    );
    await this.root.getByTestId('drop').dispatchEvent('drop', { dataTransfer: dropped });
  }

  /** Chooses a list, takes it as it was recognised, and waits until it is in. */
  async importFile(file: Chosen, timeout = 60_000): Promise<ImportCounts> {
    await this.choose(file);
    await this.startButton.click();
    await expect(this.root).toHaveAttribute('data-stage', 'done', { timeout });
    return this.counts();
  }

  /** There as soon as the file has been looked at. */
  get startButton(): Locator {
    return this.root.getByTestId('import-start');
  }

  async counts(): Promise<ImportCounts> {
    const summary = this.root.getByTestId('import-summary');
    const read = async (name: string) => Number(await summary.getAttribute(`data-${name}`));
    return {
      added: await read('added'),
      updated: await read('updated'),
      unchanged: await read('unchanged'),
      refused: await read('refused'),
    };
  }

  /** The file of refused rows, as it would land in the folder of downloads. */
  async downloadRefused(): Promise<{ name: string; path: string }> {
    const downloading = this.#shop.page.waitForEvent('download');
    await this.root.getByTestId('import-download-refused').click();
    const download = await downloading;
    return { name: download.suggestedFilename(), path: await download.path() };
  }

  /** What it says about a file that cannot be imported. */
  get error(): Locator {
    return this.root.getByTestId('import-error');
  }
}
