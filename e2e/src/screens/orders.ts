import { expect, type Locator } from '@playwright/test';
import type { ShopPage } from '../shop-page.ts';

/** A list of wishes with the field that adds to it: a customer's, or the shelf's. */
export class WishList {
  readonly #shop: ShopPage;

  constructor(shop: ShopPage) {
    this.#shop = shop;
  }

  /** What a scanner does: it types, quickly, and ends with Enter. */
  async scan(isbn: string): Promise<void> {
    await this.#shop.page.getByTestId('scan').focus();
    await this.#shop.page.keyboard.type(isbn);
    await this.#shop.page.keyboard.press('Enter');
    await expect(this.wish(isbn).first()).toBeVisible();
  }

  wish(isbn: string): Locator {
    return this.#shop.page.locator(`[data-testid=wish][data-isbn="${isbn}"]`);
  }

  async waitFor(isbn: string, state: string): Promise<void> {
    await expect(this.wish(isbn)).toHaveAttribute('data-state', state);
  }
}

/** A book in the list of what is to be ordered. */
export function need(shop: ShopPage, isbn: string): Locator {
  return shop.page.locator(`[data-testid=need][data-isbn="${isbn}"]`);
}

/** Presses "Undo" on the newest toast. */
export async function undo(shop: ShopPage): Promise<void> {
  await shop.page.getByRole('button', { name: 'Undo' }).first().click();
}
