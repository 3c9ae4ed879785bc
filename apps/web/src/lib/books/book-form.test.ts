import type { Book } from '@octavo/shop/queries/book-row.ts';
import { expect, test } from 'vitest';
import { bookTexts, readBookForm, undoBookForm } from './book-form.ts';

const matilda: Book = {
  isbn: '9780140328721',
  title: 'Matilda',
  authors: 'Roald Dahl',
  publisher: null,
  year: 1988,
  price: 799,
  category: null,
  outOfPrint: false,
};

test('only what differs is saved', () => {
  const edits = { title: 'Matilda ', authors: 'Dahl, Roald', price: '8,50', outOfPrint: false };
  expect(readBookForm(matilda, edits, 'EUR')).toEqual({
    ok: true,
    changed: true,
    input: { isbn: matilda.isbn, authors: 'Dahl, Roald', price: 850 },
  });
});

test('a form that was opened and not touched changes nothing', () => {
  const result = readBookForm(matilda, bookTexts(matilda, 'EUR'), 'EUR');
  expect(result).toMatchObject({ ok: true, changed: false });
});

test('an emptied number is no number', () => {
  expect(readBookForm(matilda, { year: '', price: '' }, 'EUR')).toMatchObject({
    ok: true,
    input: { year: null, price: null },
  });
});

test.each([
  ['year', { year: '19x8' }],
  ['price', { price: '7.999' }],
])('a %s that is none is refused at its field', (field, edits) => {
  expect(readBookForm(matilda, edits, 'EUR')).toMatchObject({ ok: false, field });
});

test('undoing restores the fields that were saved, and no others', () => {
  expect(undoBookForm(matilda, { isbn: matilda.isbn, title: 'Mathilda', publisher: 'Puffin' })).toEqual({
    isbn: matilda.isbn,
    title: 'Matilda',
    publisher: null,
  });
});
