/**
 * ISBN arithmetic (ISO 2108): forms, check digits, 10 to 13. Only the check digit decides whether a number is an
 * ISBN: the table of assigned ranges changes every month, and a real book with a number newer than the table must
 * not be refused.
 */

/** Why a text is not an ISBN. */
export type IsbnProblem =
  /** There is nothing in it. */
  | 'missing'
  /** A spreadsheet turned it into a rounded number such as 9.78043902348e+12: the last digits are lost. */
  | 'mangled'
  /** The digits are as many as an ISBN has, but the check digit does not fit. */
  | 'check-digit'
  /** Neither 10 nor 13 digits, or other signs between them. */
  | 'malformed';

export type IsbnResult = { ok: true; isbn: string } | { ok: false; problem: IsbnProblem };

const SEPARATORS = /[\s\-‐‑‒–—.]/gu;
/** "195170342.0" is a number that a program wrote with a decimal, not one more digit. */
const TRAILING_DECIMALS = /\.0+$/u;
const LABEL = /^(?:e-?)?isbn(?:[-\s]?1[03](?![\d]))?\s*:?\s*/iu;

/** Reads an ISBN-10 or ISBN-13 with or without hyphens, spaces and an "ISBN" before it; the result has 13 digits. */
export function parseIsbn(text: string): IsbnResult {
  const trimmed = text.trim();
  if (trimmed === '') return { ok: false, problem: 'missing' };
  if (isMangled(trimmed)) return { ok: false, problem: 'mangled' };
  const digits = trimmed
    .replace(LABEL, '')
    .replace(TRAILING_DECIMALS, '')
    .replace(SEPARATORS, '')
    .toUpperCase();
  if (/^\d{13}$/u.test(digits)) {
    if (!/^97[89]/u.test(digits)) return { ok: false, problem: 'malformed' };
    return digits.at(-1) === checkDigit13(digits)
      ? { ok: true, isbn: digits }
      : { ok: false, problem: 'check-digit' };
  }
  if (/^\d{9}[\dX]$/u.test(digits)) {
    return digits.at(-1) === checkDigit10(digits)
      ? { ok: true, isbn: isbn10To13(digits) }
      : { ok: false, problem: 'check-digit' };
  }
  return { ok: false, problem: 'malformed' };
}

/** Whether the text is exactly a 13-digit ISBN with the right check digit: the form of the primary key. */
export function isIsbn13(text: string): boolean {
  return /^97[89]\d{10}$/u.test(text) && text.at(-1) === checkDigit13(text);
}

/** Whether the text is a number in a spreadsheet's scientific notation, dot or comma. */
export function isMangled(text: string): boolean {
  return /^\d(?:[.,]\d+)?E\+?\d{1,2}$/iu.test(text.trim());
}

/** The 13-digit form of ten valid digits. */
export function isbn10To13(isbn10: string): string {
  const body = `978${isbn10.slice(0, 9)}`;
  return body + checkDigit13(body);
}

/** The check digit that belongs to the first 12 digits. */
export function checkDigit13(digits: string): string {
  let sum = 0;
  for (let index = 0; index < 12; index += 1) sum += Number(digits[index]) * (index % 2 === 0 ? 1 : 3);
  return String((10 - (sum % 10)) % 10);
}

/** The check digit that belongs to the first 9 digits: a digit or X. */
export function checkDigit10(digits: string): string {
  let sum = 0;
  for (let index = 0; index < 9; index += 1) sum += Number(digits[index]) * (10 - index);
  const check = (11 - (sum % 11)) % 11;
  return check === 10 ? 'X' : String(check);
}
