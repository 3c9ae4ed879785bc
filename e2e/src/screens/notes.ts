import { expect, type Locator } from '@playwright/test';
import type { ShopPage } from '../shop-page.ts';

export type NoteKind = 'inbound' | 'outbound';

const rooms = { inbound: 'Inbound', outbound: 'Outbound' } as const;

/** An open purchase or sale. */
export class NoteScreen {
  readonly root: Locator;
  readonly scanField: Locator;
  readonly #shop: ShopPage;

  constructor(shop: ShopPage) {
    this.#shop = shop;
    this.root = shop.page.getByTestId('note');
    this.scanField = shop.page.getByTestId('scan');
  }

  /** Makes a new note. A shop without a warehouse gets its first one with the first purchase. */
  static async create(shop: ShopPage, kind: NoteKind): Promise<NoteScreen> {
    await shop.go(rooms[kind]);
    await shop.page.getByTestId('new-note').click();
    const note = new NoteScreen(shop);
    const choose = shop.page.getByTestId('purchase-create');
    await expect(note.root.or(choose)).toBeVisible();
    if (await choose.isVisible()) await choose.click();
    await expect(note.root).toBeVisible();
    return note;
  }

  /** Opens an existing note from the list. */
  static async open(shop: ShopPage, kind: NoteKind, id: string): Promise<NoteScreen> {
    await shop.go(rooms[kind]);
    await shop.page.locator(`[data-testid=note-link][data-note-id="${id}"]`).click();
    const note = new NoteScreen(shop);
    await expect(note.root).toHaveAttribute('data-note-id', id);
    return note;
  }

  async id(): Promise<string> {
    return (await this.root.getAttribute('data-note-id')) ?? '';
  }

  /** What a scanner does: it types, quickly, and ends with Enter. */
  async scan(isbn: string): Promise<void> {
    await this.scanField.focus();
    await this.#shop.page.keyboard.type(isbn);
    await this.#shop.page.keyboard.press('Enter');
  }

  line(isbn: string): Locator {
    return this.root.locator(`[data-testid=line][data-isbn="${isbn}"]`);
  }

  async waitForQuantity(isbn: string, quantity: number, timeout = 10_000): Promise<void> {
    await expect(this.line(isbn)).toHaveAttribute('data-quantity', String(quantity), { timeout });
  }

  async commit(): Promise<void> {
    await this.root.getByTestId('note-commit').click();
    await this.#shop.page.getByTestId('commit-confirm').click();
    await expect(this.root).toHaveAttribute('data-committed', 'true');
  }

  /** The lines as their reader sees them, fields that can be edited included. */
  async shown(): Promise<string[]> {
    const lines = this.root.getByTestId('line');
    return lines.evaluateAll((rows: HTMLElement[]) =>
      rows.map((row) => {
        const fields = [...row.querySelectorAll('input')].map((input) => input.value);
        return [row.innerText.replace(/\s+/g, ' ').trim(), ...fields].join(' | ');
      }),
    );
  }
}
