import Papa from 'papaparse';
import type { Mapping } from './columns.ts';
import { guessMapping, isDataRow } from './columns.ts';
import type { CsvRow } from './csv-rows.ts';
import { CsvRowReader } from './csv-rows.ts';
import type { Encoding } from './encoding.ts';
import { decodeSlices, detectEncoding } from './encoding.ts';
import { refuseByMagic, refuseBySize } from './file-kind.ts';
import { ImportError } from './import-error.ts';
import type { Recognised, RecognisedBook, RefusedRow } from './recognise.ts';
import { recogniseRow } from './recognise.ts';

/** What a person corrected in the preview; what is absent is detected. */
export interface StockListOptions {
  readonly encoding?: Encoding | undefined;
  readonly delimiter?: string | undefined;
}

export interface StockListSlice {
  readonly books: RecognisedBook[];
  readonly refused: RefusedRow[];
  /** How far the file is read. */
  readonly bytesRead: number;
}

/** A stock list that was opened: what was detected, a sample for the preview, and the way to read all of it. */
export interface StockList {
  readonly bytes: number;
  readonly encoding: Encoding;
  readonly delimiter: string;
  /** The columns' names as they stand in the file; "Column 1" and so on when it has no header. */
  readonly header: readonly string[];
  readonly mapping: Mapping;
  /** The first rows below the header. */
  readonly sample: readonly CsvRow[];
  /** The sample as it would be imported with this mapping. */
  preview(mapping: Mapping): Recognised[];
  /**
   * Reads the whole list with this mapping, at most ROWS_PER_SLICE rows at a time, so that the caller can save them,
   * show progress and stop between two slices. Throws ImportError `no-isbn-column` at once.
   */
  read(mapping: Mapping): Generator<StockListSlice>;
}

/** A slice is one transaction, and fits into one batch of the sync protocol with all its columns. */
export const ROWS_PER_SLICE = 200;

const SAMPLE_ROWS = 20;
const DELIMITERS = [',', ';', '\t', '|'];

/** Opens a stock list. Throws ImportError for a file that is not one. */
export function openStockList(bytes: Uint8Array, options: StockListOptions = {}): StockList {
  refuseBySize(bytes.length);
  refuseByMagic(bytes);
  const encoding = options.encoding ?? detectEncoding(bytes);
  const firstText = firstSlice(bytes, encoding);
  if (firstText.trim() === '') throw new ImportError('empty', 'This file has nothing but blanks in it.');
  const { delimiter, skippedLines } = detectDelimiter(firstText, options.delimiter);

  const top = firstRows(bytes, encoding, delimiter, skippedLines);
  const [first, ...below] = top;
  if (first === undefined) throw new ImportError('empty', 'This file has nothing but blanks in it.');
  const headless = isDataRow(first.fields);
  const header = headless
    ? first.fields.map((_, at) => `Column ${at + 1}`)
    : first.fields.map((name) => name.trim());
  const sample = (headless ? top : below).slice(0, SAMPLE_ROWS);
  if (sample.length === 0) {
    throw new ImportError(
      'header-only',
      'This file has a header and no rows below it: there is nothing to import.',
    );
  }
  return {
    bytes: bytes.length,
    encoding,
    delimiter,
    header,
    mapping: guessMapping(
      header,
      sample.map((row) => row.fields),
    ),
    sample,
    preview: (mapping) => sample.map((row) => recogniseRow(row, mapping, header.length)),
    read: (mapping) => {
      refuseWithoutIsbn(mapping, header);
      const lastLineOfHeader = headless ? skippedLines : first.line;
      return readSlices({ bytes, encoding, delimiter, columns: header.length, lastLineOfHeader }, mapping);
    },
  };
}

interface Source {
  readonly bytes: Uint8Array;
  readonly encoding: Encoding;
  readonly delimiter: string;
  readonly columns: number;
  /** Rows begin below this line. */
  readonly lastLineOfHeader: number;
}

function* readSlices(source: Source, mapping: Mapping): Generator<StockListSlice> {
  const lineByIsbn = new Map<string, number>();
  for (const { rows, bytesRead } of readRows(source.bytes, source.encoding, source.delimiter)) {
    const wanted = rows.filter((row) => row.line > source.lastLineOfHeader && !isBlank(row));
    for (let start = 0; start < wanted.length; start += ROWS_PER_SLICE) {
      const slice: StockListSlice = { books: [], refused: [], bytesRead };
      for (const row of wanted.slice(start, start + ROWS_PER_SLICE)) {
        const recognised = refuseDuplicate(recogniseRow(row, mapping, source.columns), row, lineByIsbn);
        if (recognised.kind === 'book') slice.books.push(recognised);
        else slice.refused.push(recognised);
      }
      yield slice;
    }
  }
}

/** The first row of an ISBN counts: were both imported, doing it again would change the book back and forth. */
function refuseDuplicate(recognised: Recognised, row: CsvRow, lineByIsbn: Map<string, number>): Recognised {
  if (recognised.kind === 'refused') return recognised;
  const { isbn } = recognised.book;
  const before = lineByIsbn.get(isbn);
  if (before === undefined) {
    lineByIsbn.set(isbn, row.line);
    return recognised;
  }
  const message = `Line ${before} has the same ISBN ${isbn}. Only the first of them is taken.`;
  return { kind: 'refused', line: row.line, reason: 'duplicate', message, fields: row.fields };
}

function firstSlice(bytes: Uint8Array, encoding: Encoding): string {
  const first = decodeSlices(bytes, encoding).next();
  return first.done === true ? '' : first.value.text;
}

function* readRows(
  bytes: Uint8Array,
  encoding: Encoding,
  delimiter: string,
): Generator<{ rows: CsvRow[]; bytesRead: number }> {
  const reader = new CsvRowReader(delimiter);
  for (const { text, bytesRead } of decodeSlices(bytes, encoding))
    yield { rows: reader.push(text), bytesRead };
  yield { rows: reader.end(), bytesRead: bytes.length };
}

function firstRows(bytes: Uint8Array, encoding: Encoding, delimiter: string, skippedLines: number): CsvRow[] {
  const found: CsvRow[] = [];
  for (const { rows } of readRows(bytes, encoding, delimiter)) {
    found.push(...rows.filter((row) => row.line > skippedLines && !isBlank(row)));
    if (found.length > SAMPLE_ROWS) break;
  }
  return found.slice(0, SAMPLE_ROWS + 1);
}

/** Excel writes the delimiter in a line of its own before the header: sep=; */
function detectDelimiter(
  text: string,
  given: string | undefined,
): { delimiter: string; skippedLines: number } {
  const declared = /^sep=(.)\r?\n/u.exec(text);
  const skippedLines = declared === null ? 0 : 1;
  const delimiter = given ?? declared?.[1] ?? guessDelimiter(text);
  return { delimiter, skippedLines };
}

function guessDelimiter(text: string): string {
  // Blank lines have one field whatever the delimiter: counted, they would make every guess look inconsistent.
  const options = { preview: SAMPLE_ROWS, delimitersToGuess: DELIMITERS, skipEmptyLines: 'greedy' } as const;
  return Papa.parse(text, options).meta.delimiter;
}

function isBlank(row: CsvRow): boolean {
  return row.fields.every((field) => field.trim() === '');
}

function refuseWithoutIsbn(mapping: Mapping, header: readonly string[]): void {
  if (mapping.isbn13 !== undefined || mapping.isbn10 !== undefined) return;
  throw new ImportError(
    'no-isbn-column',
    `None of the columns is known to hold the ISBN (found: ${header.join(', ')}). Choose the column that holds it.`,
  );
}
