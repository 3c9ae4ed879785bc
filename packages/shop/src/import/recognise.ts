import { isbnProblemMessage } from '../fields.ts';
import type { IsbnProblem } from '../isbn.ts';
import { parseIsbn } from '../isbn.ts';
import type { CsvRow } from './csv-rows.ts';
import type { Field, Mapping } from './columns.ts';
import { cellText, readPrice, readText, readYear } from './values.ts';

/** A book as a row tells of it; null is "the row says nothing about it". */
export interface ImportedBook {
  isbn: string;
  title: string | null;
  authors: string | null;
  publisher: string | null;
  year: number | null;
  /** Minor units. */
  price: number | null;
  category: string | null;
}

export type RefusalReason =
  /** No ISBN in any of its columns. */
  | 'missing-isbn'
  /** A spreadsheet rounded the ISBN-13 (9.78043902348e+12), and there is no other. */
  | 'mangled-isbn'
  | 'wrong-check-digit'
  | 'malformed-isbn'
  /** An earlier row of the file has the same ISBN. */
  | 'duplicate'
  /** A quotation mark is not closed, or there are more values than columns: the columns cannot be trusted. */
  | 'broken-row';

export interface RefusedRow {
  /** The line of the file where the row begins; the first is 1. */
  line: number;
  reason: RefusalReason;
  message: string;
  fields: readonly string[];
}

export interface RecognisedBook {
  line: number;
  book: ImportedBook;
  /** Cells that could not be read and were left out, such as a year "unknown". */
  ignored: { field: Field; text: string }[];
}

export type Recognised = ({ kind: 'book' } & RecognisedBook) | ({ kind: 'refused' } & RefusedRow);

/** Recognises one row. Whether its ISBN occurred before is the caller's to know. */
export function recogniseRow(row: CsvRow, mapping: Mapping, columns: number): Recognised {
  const refuse = (reason: RefusalReason, message: string): Recognised => {
    return { kind: 'refused', line: row.line, reason, message, fields: row.fields };
  };
  if (row.broken) return refuse('broken-row', 'A quotation mark in this line is opened and not closed.');
  if (row.fields.slice(columns).some((field) => field.trim() !== '')) {
    return refuse('broken-row', `This line has ${row.fields.length} values for ${columns} columns.`);
  }
  const cell = (field: Field) => (mapping[field] === undefined ? undefined : row.fields[mapping[field]]);
  const found = findIsbn(cell('isbn13'), cell('isbn10'));
  if (!found.ok) return refuse(REASONS[found.problem], isbnProblemMessage(found.text, found.problem));

  const ignored: RecognisedBook['ignored'] = [];
  const read = <Value>(
    field: Field,
    reader: (text: string | undefined) => Value | null | undefined,
  ): Value | null => {
    const value = reader(cell(field));
    if (value !== undefined) return value;
    ignored.push({ field, text: cellText(cell(field)) });
    return null;
  };
  const book: ImportedBook = {
    isbn: found.isbn,
    title: read('title', readText),
    authors: read('authors', readText),
    publisher: read('publisher', readText),
    year: read('year', readYear),
    price: read('price', readPrice),
    category: read('category', readText),
  };
  return { kind: 'book', line: row.line, book, ignored };
}

const REASONS: { readonly [Problem in IsbnProblem]: RefusalReason } = {
  missing: 'missing-isbn',
  mangled: 'mangled-isbn',
  'check-digit': 'wrong-check-digit',
  malformed: 'malformed-isbn',
};

type Found = { ok: true; isbn: string } | { ok: false; problem: IsbnProblem; text: string };

/** The problems from the most to the least telling: what a person should look at first. */
const TELLING: readonly IsbnProblem[] = ['check-digit', 'malformed', 'mangled', 'missing'];

/** A valid ISBN-13 wins over an ISBN-10; without any valid one, the most telling problem is reported. */
function findIsbn(isbn13: string | undefined, isbn10: string | undefined): Found {
  const candidates = [cellText(isbn13), completeIsbn10(cellText(isbn10))].map((text) => ({
    text,
    result: parseIsbn(text),
  }));
  for (const { result } of candidates) if (result.ok) return result;
  for (const problem of TELLING) {
    const candidate = candidates.find(({ result }) => !result.ok && result.problem === problem);
    if (candidate !== undefined) return { ok: false, problem, text: candidate.text };
  }
  return { ok: false, problem: 'missing', text: '' };
}

/**
 * An ISBN-10 that went through a spreadsheet as a number lost its leading zeros. Three at most are given back: in
 * shorter numbers, a shop's own for instance, every eleventh would pass for an ISBN.
 */
function completeIsbn10(text: string): string {
  const digits = text.replace(/\.0+$/u, '').toUpperCase();
  return /^\d{6,8}[\dX]$/u.test(digits) ? digits.padStart(10, '0') : text;
}
