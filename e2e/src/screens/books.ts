import { expect, type Locator } from '@playwright/test';
import type { ShopPage } from '../shop-page.ts';

export type BookField = 'title' | 'authors' | 'publisher' | 'year' | 'price' | 'category';

/** The list of books, with the panel that edits one. */
export class BooksScreen {
  readonly #shop: ShopPage;
  readonly list: Locator;
  readonly panel: Locator;
  readonly search: Locator;

  constructor(shop: ShopPage) {
    this.#shop = shop;
    this.list = shop.page.getByTestId('rows');
    this.panel = shop.page.getByTestId('book-panel');
    this.search = shop.page.getByTestId('search');
  }

  /** Goes there from any other screen, without loading the page. */
  static async open(shop: ShopPage): Promise<BooksScreen> {
    await shop.go('Books');
    return new BooksScreen(shop);
  }

  /** The row of the list that has this text in it. */
  row(text: string): Locator {
    return this.list.getByRole('row').filter({ hasText: text });
  }

  async openBook(isbn: string): Promise<void> {
    await this.row(isbn).click();
    await expect(this.panel.getByTestId('book-isbn')).toHaveText(isbn);
  }

  field(name: BookField): Locator {
    return this.panel.locator(`[name=${name}]`);
  }

  /** Opens a book from the list, changes these fields, and saves. */
  async edit(isbn: string, fields: Partial<Record<BookField, string>>): Promise<void> {
    await this.openBook(isbn);
    for (const [name, text] of Object.entries(fields)) await this.panel.locator(`[name=${name}]`).fill(text);
    await this.panel.getByTestId('book-save').click();
    await expect(this.panel).toBeHidden();
  }

  /** Every row that is shown, as its reader sees it. */
  async shown(): Promise<string[]> {
    const texts = await this.list.getByRole('row').allInnerTexts();
    return texts.map((text) => text.split(/\s*\n\s*/).join(' | ')).slice(1);
  }

  /** "10,000 books", as the screen says it. */
  get total(): Locator {
    return this.#shop.page.getByTestId('screen-detail');
  }
}
