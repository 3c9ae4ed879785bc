import type { Field } from '@octavo/shop/import/columns.ts';
import type { Encoding } from '@octavo/shop/import/encoding.ts';
import type { RefusalReason } from '@octavo/shop/import/recognise.ts';

export const fieldWords: Record<Field, string> = {
  isbn13: 'ISBN-13 or EAN',
  isbn10: 'ISBN (any length)',
  title: 'Title',
  authors: 'Authors',
  publisher: 'Publisher',
  year: 'Year',
  price: 'Price',
  category: 'Category',
};

export const encodingWords: Record<Encoding, string> = {
  'utf-8': 'UTF-8',
  'windows-1252': 'Windows, Western (1252)',
  'utf-16le': 'UTF-16, little end first',
  'utf-16be': 'UTF-16, big end first',
  'windows-1250': 'Windows, Central European (1250)',
  'iso-8859-15': 'ISO Latin 9',
  macintosh: 'Macintosh',
};

export const delimiterWords: Record<string, string> = {
  ',': 'comma ,',
  ';': 'semicolon ;',
  '\t': 'tabulator',
  '|': 'bar |',
};

export const refusalWords: Record<RefusalReason, string> = {
  'missing-isbn': 'no ISBN',
  'mangled-isbn': 'ISBN rounded by a spreadsheet',
  'wrong-check-digit': 'wrong check digit',
  'malformed-isbn': 'not an ISBN',
  duplicate: 'ISBN occurs twice',
  'broken-row': 'broken line',
};
