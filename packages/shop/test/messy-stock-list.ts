/** A made-up stock list with every kind of mess that real ones have, the same for the same seed. */
import { checkDigit10, isbn10To13 } from '../src/isbn.ts';

export interface MessyStockList {
  readonly csv: string;
  /** Rows that hold a book. */
  readonly good: number;
  /** Rows that must be refused. */
  readonly refused: number;
}

type Kind =
  'plain' | 'hyphenated' | 'isbn13' | 'missing' | 'mangled' | 'wrong-digit' | 'too-short' | 'duplicate';

const REFUSED: readonly Kind[] = ['missing', 'mangled', 'wrong-digit', 'too-short', 'duplicate'];

const HEADER = [
  'book_id',
  'isbn',
  'isbn13',
  'authors',
  'original_publication_year',
  'title',
  'Publisher',
  'Price',
  'Genre',
];
const FIRST = [
  'Zoë',
  'José',
  'Ingrid',
  'Łukasz',
  'Søren',
  'Ada',
  'Émile',
  'Jürgen',
  'Chiara',
  'Olu',
  'Mei',
  'Tomás',
];
const LAST = [
  'Müller',
  'García',
  'Rossi',
  'Żeromska',
  'Bjørnson',
  'Okafor',
  "O'Neill",
  'Lefèvre',
  'Weiß',
  'Svensson',
];
const NOUNS = [
  'Garden',
  'Harbour',
  'Mémoire',
  'Straße',
  'Winter',
  'Città',
  'Library',
  'River',
  'Señal',
  'Lantern',
  'Orchard',
];
const ADJECTIVES = [
  'Silent',
  'Große',
  'Forgotten',
  'Última',
  'Burning',
  'Petite',
  'Crooked',
  'Ninth',
  'Salt',
  'Hollow',
];
const PUBLISHERS = ['Aufbau', 'Éditions du Quai', 'Faber & Sons', 'Sellerio', 'Ñandú Libros', 'Gyldendal'];
const GENRES = ['Fiction', 'History', 'Kinder', 'Poesia', 'Travel'];

/** A list of so many rows below the header. */
export function messyStockList({ rows, seed }: { rows: number; seed: number }): MessyStockList {
  const random = randomNumbers(seed);
  const pick = <Item>(items: readonly Item[], otherwise: Item): Item =>
    items[Math.floor(random() * items.length)] ?? otherwise;
  const lines = [HEADER.join(',')];
  let good = 0;
  let previous = '';
  for (let row = 0; row < rows; row += 1) {
    const kind = kindOf(random(), previous !== '');
    const isbn10 = kind === 'duplicate' ? previous : isbn10Of(row, seed);
    if (REFUSED.includes(kind)) previous = kind === 'duplicate' ? previous : '';
    else {
      good += 1;
      previous = isbn10;
    }
    const authors = Array.from(
      { length: 1 + Math.floor(random() * 3) },
      () => `${pick(FIRST, '')} ${pick(LAST, '')}`,
    );
    const title = `The ${pick(ADJECTIVES, '')} ${pick(NOUNS, '')} ${row}`;
    const fields = [
      String(row + 1),
      isbnCell(kind, isbn10),
      isbn13Cell(kind, isbn10),
      authors.join(', '),
      yearCell(random()),
      random() < 0.2 ? `${title} ("${pick(NOUNS, '')}", #${1 + Math.floor(random() * 9)})` : title,
      random() < 0.3 ? '' : pick(PUBLISHERS, ''),
      priceCell(random(), row),
      random() < 0.5 ? '' : pick(GENRES, ''),
    ];
    lines.push(fields.map(quoted).join(','));
  }
  return { csv: `${lines.join('\r\n')}\r\n`, good, refused: rows - good };
}

function kindOf(draw: number, mayRepeat: boolean): Kind {
  if (draw < 0.055) return 'missing';
  if (draw < 0.07) return 'mangled';
  if (draw < 0.073) return 'wrong-digit';
  if (draw < 0.075) return 'too-short';
  if (draw < 0.078) return mayRepeat ? 'duplicate' : 'plain';
  if (draw < 0.15) return 'hyphenated';
  if (draw < 0.25) return 'isbn13';
  return 'plain';
}

/** Different for every row of a seed, and for different seeds mostly; most of them begin with one zero, some with more. */
function isbn10Of(row: number, seed: number): string {
  const body = String(1_000_000 + ((row * 7919 + seed * 104_729) % 199_000_000)).padStart(9, '0');
  return body + checkDigit10(body);
}

function isbnCell(kind: Kind, isbn10: string): string {
  switch (kind) {
    case 'plain':
    case 'duplicate':
      return isbn10.replace(/^0+/u, '');
    case 'hyphenated':
      return `${isbn10.slice(0, 1)}-${isbn10.slice(1, 5)}-${isbn10.slice(5, 9)}-${isbn10.slice(9)}`;
    case 'wrong-digit':
      return isbn10.slice(0, 9) + (isbn10.endsWith('0') ? '1' : '0');
    case 'too-short':
      return isbn10.slice(0, 4);
    case 'isbn13':
    case 'missing':
    case 'mangled':
      return '';
  }
}

function isbn13Cell(kind: Kind, isbn10: string): string {
  if (kind === 'missing' || kind === 'too-short') return '';
  const isbn13 = isbn10To13(isbn10);
  if (kind === 'isbn13') return isbn13;
  return `${isbn13.slice(0, 1)}.${isbn13.slice(1, 12)}e+12`;
}

function yearCell(draw: number): string {
  if (draw < 0.02) return '';
  if (draw < 0.03) return '-750.0';
  return (1900 + Math.floor(draw * 125)).toFixed(1);
}

function priceCell(draw: number, row: number): string {
  const cents = String(row % 100).padStart(2, '0');
  if (draw < 0.2) return '';
  if (draw < 0.5) return `${Math.floor(draw * 60)},${cents} €`;
  return `${Math.floor(draw * 60)}.${cents}`;
}

function quoted(value: string): string {
  return /[",\r\n]/u.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Mulberry32: small, and the same everywhere. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
