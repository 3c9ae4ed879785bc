import type { BookEdits } from './book-form.ts';

/** Edits of books whose panel was closed without saving, until it is opened again or the page goes away. */
class Drafts {
  readonly #edits = new Map<string, BookEdits>();

  keep(isbn: string, edits: BookEdits): void {
    this.#edits.set(isbn, { ...edits });
  }

  take(isbn: string): BookEdits | undefined {
    const edits = this.#edits.get(isbn);
    this.#edits.delete(isbn);
    return edits;
  }
}

export const drafts = new Drafts();
