import type { ShopCommandInput } from '@octavo/shop/commands/registry.ts';
import type { Book } from '@octavo/shop/queries/book-row.ts';
import { moneyToInput, parseMoney } from '../format/money.ts';

/** The fields of the form, as they are typed. */
export interface BookTexts {
  title: string;
  authors: string;
  publisher: string;
  year: string;
  price: string;
  category: string;
}

export type BookTextField = keyof BookTexts;
export const bookTextFields = ['title', 'authors', 'publisher', 'year', 'price', 'category'] as const;

/** What a person has changed and not saved. What others change meanwhile shows through everywhere else. */
export type BookEdits = Partial<BookTexts> & { outOfPrint?: boolean };

/** A book as the form shows it. */
export function bookTexts(book: Book, currency: string): BookTexts {
  return {
    title: book.title ?? '',
    authors: book.authors ?? '',
    publisher: book.publisher ?? '',
    year: book.year === null ? '' : String(book.year),
    price: moneyToInput(book.price, currency),
    category: book.category ?? '',
  };
}

export type BookFormResult =
  | { ok: true; input: ShopCommandInput<'saveBook'>; changed: boolean }
  | { ok: false; field: BookTextField; message: string };

/** The command that saves the edits: only what differs from the book, so that nobody else's edit is overwritten. */
export function readBookForm(book: Book, edits: BookEdits, currency: string): BookFormResult {
  const shown = bookTexts(book, currency);
  const input: ShopCommandInput<'saveBook'> = { isbn: book.isbn };
  for (const field of bookTextFields) {
    const text = edits[field]?.trim();
    if (text === undefined || text === shown[field].trim()) continue;
    if (field === 'year' || field === 'price') {
      const number = field === 'year' ? parseYear(text) : parsePrice(text, currency);
      if (number === undefined) return { ok: false, field, message: refusals[field] };
      input[field] = number;
    } else {
      input[field] = text;
    }
  }
  if (edits.outOfPrint !== undefined && edits.outOfPrint !== book.outOfPrint)
    input.outOfPrint = edits.outOfPrint;
  return { ok: true, input, changed: Object.keys(input).length > 1 };
}

const refusals = {
  year: 'A year is a whole number, such as 1988.',
  price: 'A price is a number, such as 12.50.',
};

function parseYear(text: string): number | null | undefined {
  if (text === '') return null;
  return /^-?\d{1,4}$/.test(text) ? Number(text) : undefined;
}

function parsePrice(text: string, currency: string): number | null | undefined {
  return text === '' ? null : parseMoney(text, currency);
}

/** The command that takes a saved change back: the same fields, with what they were before. */
export function undoBookForm(
  before: Book,
  input: ShopCommandInput<'saveBook'>,
): ShopCommandInput<'saveBook'> {
  const undo: ShopCommandInput<'saveBook'> = { isbn: before.isbn };
  if (input.title !== undefined) undo.title = before.title;
  if (input.authors !== undefined) undo.authors = before.authors;
  if (input.publisher !== undefined) undo.publisher = before.publisher;
  if (input.category !== undefined) undo.category = before.category;
  if (input.year !== undefined) undo.year = before.year;
  if (input.price !== undefined) undo.price = before.price;
  if (input.outOfPrint !== undefined) undo.outOfPrint = before.outOfPrint;
  return undo;
}

/** The command that makes a removed book again. */
export function bookFields(book: Book): ShopCommandInput<'saveBook'> & { title: string | null } {
  const { isbn, title, authors, publisher, year, price, category, outOfPrint } = book;
  return { isbn, title, authors, publisher, year, price, category, outOfPrint };
}
