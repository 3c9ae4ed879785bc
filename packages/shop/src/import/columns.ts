/**
 * Which column holds what: recognised by its header in any order and any of several usual names (English, German,
 * Italian, French, Spanish), or, for the ISBN, by what is in it. A person may correct the result.
 */
import { fold } from '../search/fold.ts';
import { parseIsbn } from '../isbn.ts';

export const FIELDS = [
  'isbn13',
  'isbn10',
  'title',
  'authors',
  'publisher',
  'year',
  'price',
  'category',
] as const;

/** `isbn13` is a column of ISBN-13s or EANs; `isbn10` one of ISBNs of any length, possibly without leading zeros. */
export type Field = (typeof FIELDS)[number];

/** The index of each known field's column; absent fields are not in the file. */
export type Mapping = { readonly [Name in Field]?: number | undefined };

/** Usual names, the surest first; compared without case, marks, blanks and punctuation. */
const NAMES: { readonly [Name in Field]: readonly string[] } = {
  isbn13: [
    'isbn13',
    'isbn 13',
    'ean13',
    'ean',
    'gtin',
    'gtin13',
    'barcode',
    'strichcode',
    'codice ean',
    'codice a barre',
  ],
  isbn10: [
    'isbn10',
    'isbn 10',
    'isbn',
    'isbn nr',
    'isbn nummer',
    'codice isbn',
    'numero isbn',
    'isbn number',
    'codigo isbn',
  ],
  title: [
    'title',
    'book title',
    'titel',
    'buchtitel',
    'titolo',
    'titolo libro',
    'titre',
    'titulo',
    'name',
    'bezeichnung',
    'descrizione',
    'original title',
    'originaltitel',
    'titolo originale',
  ],
  authors: [
    'authors',
    'author',
    'autor',
    'autoren',
    'autorin',
    'verfasser',
    'autore',
    'autori',
    'auteur',
    'auteurs',
    'autores',
    'author name',
    'author names',
    'written by',
    'urheber',
  ],
  publisher: [
    'publisher',
    'publisher name',
    'verlag',
    'verlagsname',
    'editore',
    'casa editrice',
    'editeur',
    'editorial',
    'imprint',
    'publishing house',
  ],
  year: [
    'year',
    'publication year',
    'year of publication',
    'jahr',
    'erscheinungsjahr',
    'anno',
    'anno di pubblicazione',
    'anno pubblicazione',
    'annee',
    'ano',
    'original publication year',
    'publication date',
    'pub date',
    'published',
    'erscheinungsdatum',
    'erscheinungstermin',
    'data di pubblicazione',
    'date',
  ],
  price: [
    'price',
    'retail price',
    'list price',
    'rrp',
    'cover price',
    'preis',
    'ladenpreis',
    'verkaufspreis',
    'vk',
    'vk preis',
    'bruttopreis',
    'prezzo',
    'prezzo di copertina',
    'prezzo copertina',
    'prix',
    'precio',
    'pvp',
    'price eur',
    'preis eur',
  ],
  category: [
    'category',
    'categories',
    'genre',
    'genres',
    'subject',
    'section',
    'department',
    'kategorie',
    'warengruppe',
    'sachgebiet',
    'rubrik',
    'categoria',
    'genere',
    'settore',
    'reparto',
    'categorie',
    'genero',
    'materia',
  ],
};

/** How many of a sample's values must be ISBNs for a column without a known name to be taken for theirs. */
const ISBN_SHARE = 0.8;

/** Guesses the mapping from the header and some rows below it. */
export function guessMapping(header: readonly string[], sample: readonly (readonly string[])[]): Mapping {
  const plain = header.map(plainName);
  const taken = new Set<number>();
  const mapping: { [Name in Field]?: number } = {};
  for (const field of FIELDS) {
    const column = NAMES[field]
      .map((name) => plain.indexOf(plainName(name)))
      .find((at) => at !== -1 && !taken.has(at));
    if (column === undefined) continue;
    mapping[field] = column;
    taken.add(column);
  }
  if (mapping.isbn13 === undefined && mapping.isbn10 === undefined) {
    const column = header.findIndex((_, at) => !taken.has(at) && looksLikeIsbns(sample, at));
    if (column !== -1) mapping.isbn10 = column;
  }
  return mapping;
}

/** Whether a first row is data already: a header never holds a valid ISBN. */
export function isDataRow(row: readonly string[]): boolean {
  return row.some((value) => parseIsbn(value).ok);
}

function looksLikeIsbns(sample: readonly (readonly string[])[], column: number): boolean {
  const values = sample.map((row) => row[column] ?? '').filter((value) => value.trim() !== '');
  const valid = values.filter((value) => parseIsbn(value).ok);
  return valid.length > 0 && valid.length >= values.length * ISBN_SHARE;
}

function plainName(name: string): string {
  return fold(name).replace(/[^\p{L}\p{N}]/gu, '');
}
