/** The checks that several commands share. Messages are shown to people as they are. */
import * as v from 'valibot';
import { parseIsbn } from './isbn.ts';

const MAX_TEXT_CHARACTERS = 2000;
/** The tables' CHECKs hold the same bounds, so that nothing accepted here is refused by another replica. */
export const MAX_QUANTITY = 1_000_000;
export const MAX_PRICE_MINOR_UNITS = 1_000_000_000;
export const MAX_DISCOUNT = 10_000;
export const MAX_YEAR = 9999;

/** A free text; blank becomes null. */
export const text = v.nullable(
  v.pipe(
    v.string('Give a text.'),
    v.maxLength(MAX_TEXT_CHARACTERS, `A text has at most ${MAX_TEXT_CHARACTERS} characters.`),
    v.transform((value) => (value.trim() === '' ? null : value.trim())),
  ),
);

/** A name that must be there. */
export const name = v.pipe(
  v.string('Give a name.'),
  v.trim(),
  v.minLength(1, 'Give a name.'),
  v.maxLength(200, 'A name has at most 200 characters.'),
);

/** An address for e-mail; blank becomes null. */
export const email = v.pipe(
  text,
  v.check(
    (value) => value === null || /^[^\s@]+@[^\s@]+\.[^\s@]+$/u.test(value),
    'An e-mail address has the form name@example.org.',
  ),
);

/** The identifier of a record. */
export const id = v.pipe(
  v.string('Give an id.'),
  v.minLength(1, 'Give an id.'),
  v.maxLength(64, 'This id is too long.'),
);

/** An ISBN as typed or scanned; 13 digits come out. */
export const isbn = v.pipe(
  v.string('Give an ISBN.'),
  v.maxLength(40, 'This is too long for an ISBN.'),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const result = parseIsbn(dataset.value);
    if (result.ok) return result.isbn;
    addIssue({ message: isbnProblemMessage(dataset.value, result.problem) });
    return NEVER;
  }),
);

/** The identifier of a record, or '' for none. */
export const optionalId = v.pipe(v.string('Give an id.'), v.maxLength(64, 'This id is too long.'));

/** A count of copies, 0 allowed. */
export const quantity = v.pipe(
  v.number('Give a number of copies.'),
  v.integer('Copies are counted in whole numbers.'),
  v.minValue(0, 'There cannot be fewer than 0 copies.'),
  v.maxValue(MAX_QUANTITY, `At most ${MAX_QUANTITY} copies.`),
);

/** A price in minor units (cents). */
export const price = v.pipe(
  v.number('Give a price.'),
  v.integer('A price is a whole number of minor units.'),
  v.minValue(0, 'A price is not negative.'),
  v.maxValue(MAX_PRICE_MINOR_UNITS, 'This price is too high.'),
);

/** A discount in hundredths of a percent: 1000 is 10 %. */
export const discount = v.pipe(
  v.number('Give a discount.'),
  v.integer('A discount is a whole number of hundredths of a percent.'),
  v.minValue(0, 'A discount is not negative.'),
  v.maxValue(MAX_DISCOUNT, 'A discount is at most 100 %.'),
);

/** A year; years before the common era are negative. */
export const year = v.pipe(
  v.number('Give a year.'),
  v.integer('A year is a whole number.'),
  v.minValue(-MAX_YEAR, 'This year is too early.'),
  v.maxValue(MAX_YEAR, 'This year is too late.'),
);

/** What to tell a person about a text that is not an ISBN. */
export function isbnProblemMessage(
  text: string,
  problem: 'missing' | 'mangled' | 'check-digit' | 'malformed',
): string {
  switch (problem) {
    case 'missing':
      return 'There is no ISBN.';
    case 'mangled':
      return `"${text}" was rounded by a spreadsheet, its last digits are lost. Take the ISBN from the book.`;
    case 'check-digit':
      return `"${text}" is not a valid ISBN: its check digit does not fit. A digit may be mistyped.`;
    case 'malformed':
      return `"${text}" is not an ISBN: it needs 10 or 13 digits.`;
  }
}
