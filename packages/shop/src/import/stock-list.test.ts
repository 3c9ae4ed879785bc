import { describe, expect, it } from 'vitest';
import { messyStockList } from '../../test/messy-stock-list.ts';
import { MAX_STOCK_LIST_BYTES, refuseBySize } from './file-kind.ts';
import { ImportError } from './import-error.ts';
import type { RecognisedBook, RefusedRow } from './recognise.ts';
import { refusedToCsv } from './refused-to-csv.ts';
import type { StockList, StockListOptions } from './stock-list.ts';
import { ROWS_PER_SLICE, openStockList } from './stock-list.ts';

const GOOD = '9780439023481';

function open(text: string, options?: StockListOptions): StockList {
  return openStockList(new TextEncoder().encode(text), options);
}

function readAll(
  list: StockList,
  mapping = list.mapping,
): { books: RecognisedBook[]; refused: RefusedRow[] } {
  const slices = [...list.read(mapping)];
  return { books: slices.flatMap(({ books }) => books), refused: slices.flatMap(({ refused }) => refused) };
}

function importErrorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ImportError) return error.code;
    throw error;
  }
  return 'none';
}

describe('a file that is no stock list', () => {
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]);
  const zip = new Uint8Array([0x50, 0x4b, 0x03, 0x04, 20, 0, 6, 0]);
  it.each([
    ['a picture named .csv', png, 'binary'],
    ['a workbook', zip, 'spreadsheet'],
    ['bytes with zeros among them', new Uint8Array([1, 2, 0, 4, 5, 6, 7, 0, 0, 3]), 'binary'],
    ['an empty file', new Uint8Array(), 'empty'],
    ['blanks only', new TextEncoder().encode(' \r\n\r\n  '), 'empty'],
    ['a byte order mark only', new Uint8Array([0xef, 0xbb, 0xbf]), 'empty'],
    ['a header only', new TextEncoder().encode('isbn;title\r\n'), 'header-only'],
    ['a header and blank rows', new TextEncoder().encode('isbn;title\r\n;\r\n\r\n'), 'header-only'],
  ])('%s is refused', (_what, bytes, code) => {
    expect(importErrorOf(() => openStockList(bytes))).toBe(code);
  });

  it('is refused by its size before it is read, with what to do', () => {
    expect(() => refuseBySize(200 * 1024 * 1024)).toThrow(/200 MB; at most 64 MB.*Split it/u);
    expect(() => refuseBySize(MAX_STOCK_LIST_BYTES)).not.toThrow();
  });

  it('for want of an ISBN column can be put right by choosing it', () => {
    const list = open(`code,title\nx${GOOD},T\n${GOOD},U\n`);
    expect(list.mapping).toEqual({ title: 1 });
    expect(importErrorOf(() => list.read(list.mapping))).toBe('no-isbn-column');
    expect(readAll(list, { ...list.mapping, isbn13: 0 })).toMatchObject({
      books: [{ line: 3, book: { isbn: GOOD, title: 'U' } }],
      refused: [{ line: 2, reason: 'malformed-isbn' }],
    });
  });
});

describe('encoding, delimiter and line ends', () => {
  const text = `isbn;titolo\r\n${GOOD};Città è Łódź\r\n`;
  const latin = Uint8Array.from(`isbn;Titel\n${GOOD};Größe café – né\n`.replace('–', '\u0096'), (c) =>
    c.charCodeAt(0),
  );
  const utf16 = (littleEndian: boolean, mark: boolean): Uint8Array => {
    const marked = mark ? `\uFEFF${text}` : text;
    const bytes = new DataView(new ArrayBuffer(marked.length * 2));
    for (let at = 0; at < marked.length; at += 1)
      bytes.setUint16(at * 2, marked.charCodeAt(at), littleEndian);
    return new Uint8Array(bytes.buffer);
  };

  it.each([
    ['UTF-8', new TextEncoder().encode(text), 'utf-8'],
    ['UTF-8 with a mark', new TextEncoder().encode(`\uFEFF${text}`), 'utf-8'],
    ['UTF-16 little-endian', utf16(true, true), 'utf-16le'],
    ['UTF-16 big-endian', utf16(false, true), 'utf-16be'],
    ['UTF-16 little-endian without a mark', utf16(true, false), 'utf-16le'],
    ['UTF-16 big-endian without a mark', utf16(false, false), 'utf-16be'],
  ])('%s is recognised', (_what, bytes, encoding) => {
    const list = openStockList(bytes);
    expect(list).toMatchObject({ encoding, delimiter: ';', header: ['isbn', 'titolo'] });
    expect(readAll(list).books).toMatchObject([{ book: { isbn: GOOD, title: 'Città è Łódź' } }]);
  });

  it('what is not UTF-8 is taken for a Western spreadsheet’s, and a person may choose another', () => {
    const list = openStockList(latin);
    expect(list.encoding).toBe('windows-1252');
    expect(readAll(list).books[0]?.book.title).toBe('Größe café – né');
    expect(openStockList(latin, { encoding: 'macintosh' }).sample[0]?.fields[1]).not.toContain('é');
  });

  it('a letter cut by the end of the file does not make UTF-8 something else', () => {
    const bytes = new TextEncoder().encode(`isbn;title\n${GOOD};é`);
    expect(openStockList(bytes.subarray(0, -1)).encoding).toBe('utf-8');
  });

  it.each([
    [',', 'isbn,title,authors'],
    [';', 'isbn;title;authors'],
    ['\t', 'isbn\ttitle\tauthors'],
    ['|', 'isbn|title|authors'],
  ])('the delimiter %j is guessed', (delimiter, header) => {
    const row = [GOOD, 'T', '"Rowling, J.K.; Grandpré | al."'].join(delimiter);
    const list = open(`${header}\n${row}\n`);
    expect(list.delimiter).toBe(delimiter);
    expect(readAll(list).books[0]?.book.authors).toBe('Rowling, J.K.; Grandpré | al.');
  });

  it('the delimiter that Excel declares in a first line is taken, and lines are counted with it', () => {
    const list = open(`sep=;\r\nisbn;title\r\nx;T\r\n`);
    expect(list).toMatchObject({ delimiter: ';', header: ['isbn', 'title'] });
    expect(readAll(list).refused).toMatchObject([{ line: 3 }]);
  });

  it('lines may end in \\r\\n, \\n or \\r, and a last one may be missing', () => {
    for (const end of ['\r\n', '\n', '\r']) {
      const list = open(['isbn,title', `${GOOD},"two${end}lines"`, 'x,y'].join(end));
      expect(readAll(list)).toMatchObject({
        books: [{ line: 2, book: { title: 'two lines' } }],
        refused: [{ line: 4, reason: 'malformed-isbn' }],
      });
    }
  });
});

describe('columns', () => {
  it.each([
    ['isbn13,isbn10,title,authors,publisher,year,price,category', [0, 1, 2, 3, 4, 5, 6, 7]],
    ['Preis;Verlag;Titel;ISBN;Autor;Erscheinungsjahr;Warengruppe', [undefined, 3, 2, 4, 1, 5, 0, 6]],
    ['EAN;Titolo;Autore;Casa Editrice;Anno;Prezzo di copertina;Genere', [0, undefined, 1, 2, 3, 4, 5, 6]],
    [
      'Original Title,TITLE,"ISBN-13",I.S.B.N.',
      [2, 3, 1, undefined, undefined, undefined, undefined, undefined],
    ],
  ])('are recognised in %s', (header, [isbn13, isbn10, title, authors, publisher, year, price, category]) => {
    const { mapping } = open(`${header}\n${'x,'.repeat(8)}\n`, {
      delimiter: header.includes(';') ? ';' : ',',
    });
    expect(mapping).toEqual({ isbn13, isbn10, title, authors, publisher, year, price, category });
  });

  it('without a known name are recognised by the ISBNs in them', () => {
    expect(open(`what,code\nT,${GOOD}\nU,0439554934\n`).mapping).toEqual({ isbn10: 1 });
  });

  it('without a header are numbered, and the first row is a book', () => {
    const list = open(`${GOOD},The Title\n0439554934,Another\n`);
    expect(list).toMatchObject({ header: ['Column 1', 'Column 2'], mapping: { isbn10: 0 } });
    expect(readAll(list, { ...list.mapping, title: 1 }).books).toMatchObject([
      { line: 1, book: { title: 'The Title' } },
      { line: 2, book: { title: 'Another' } },
    ]);
  });
});

describe('rows', () => {
  const header = 'isbn,isbn13,title,year,price';
  const rowOf = (cells: string): { books: RecognisedBook[]; refused: RefusedRow[] } =>
    readAll(open(`${header}\n${cells}\n`));

  it.each([
    ['an ISBN-10 without its leading zero', '439023483,,T,,'],
    ['an ISBN-10 beside a mangled ISBN-13', '439023483,9.78043902348e+12,T,,'],
    ['a valid ISBN-13 beside a wrong ISBN-10', '439023484,9780439023481,T,,'],
    ['a number with a decimal', '439023483.0,,T,,'],
    ['a formula that keeps zeros', '"=""0439023483""",,T,,'],
  ])('%s is completed', (_what, cells) => {
    expect(rowOf(cells).books).toMatchObject([{ book: { isbn: GOOD } }]);
  });

  it.each([
    ['nothing', ',,T,,', 'missing-isbn'],
    ['only a mangled ISBN-13', ',9.78043902348e+12,T,,', 'mangled-isbn'],
    [
      'a wrong check digit, though the other is mangled',
      '439023484,9.78043902348e+12,T,,',
      'wrong-check-digit',
    ],
    ['other text', 'unknown,,T,,', 'malformed-isbn'],
    ['a number too short to have lost only zeros', '12342,,T,,', 'malformed-isbn'],
    ['more values than columns', `${GOOD},,a,2000,1,surplus`, 'broken-row'],
  ])('%s is refused with its reason', (_what, cells, reason) => {
    expect(rowOf(cells)).toMatchObject({ books: [], refused: [{ line: 2, reason }] });
  });

  it('keep a book whose year or price cannot be read, and say what was left out', () => {
    expect(rowOf(`${GOOD},,T,soon,on request`).books).toMatchObject([
      {
        book: { isbn: GOOD, year: null, price: null },
        ignored: [
          { field: 'year', text: 'soon' },
          { field: 'price', text: 'on request' },
        ],
      },
    ]);
  });

  it('of one ISBN count once: the later ones are refused and name the first', () => {
    expect(rowOf(`${GOOD},,First,,\n0439554934,,Other,,\n439023483,,Second,,`)).toMatchObject({
      books: [{ book: { title: 'First' } }, {}],
      refused: [{ line: 4, reason: 'duplicate', message: expect.stringContaining('Line 2') as string }],
    });
  });

  it('with an open quotation mark cost their own line, not the rest of the file', () => {
    const { books, refused } = rowOf(
      `0439554934,,"never closed,,\n${GOOD},,Next,,\n043965548X,,"fine, really",,`,
    );
    expect(refused).toMatchObject([{ line: 2, reason: 'broken-row' }]);
    expect(books).toMatchObject([
      { line: 3, book: { title: 'Next' } },
      { line: 4, book: { title: 'fine, really' } },
    ]);
  });
});

describe('quotation marks', () => {
  it('inside an unquoted value are part of it', () => {
    const list = open(`isbn,title\n${GOOD},12" single\n0439554934,another\n`);
    expect(readAll(list).books).toMatchObject([{ book: { title: '12" single' } }, { line: 3 }]);
  });

  it('open in every line refuse every line, in a time that grows with the file, not with its square', () => {
    const list = open(`isbn,title\n${`${GOOD},"open\n`.repeat(20_000)}`);
    expect(readAll(list).refused).toHaveLength(20_000);
  });

  it('open for ever refuse one line', () => {
    const rows = Array.from({ length: 5000 }, () => `x,y\n`).join('');
    const { books, refused } = readAll(open(`isbn,title\n0439554934,"open\n${rows}${GOOD},T\n`));
    expect(refused[0]).toMatchObject({ line: 2, reason: 'broken-row' });
    expect(refused).toHaveLength(5001);
    expect(books).toMatchObject([{ line: 5003, book: { title: 'T' } }]);
  });
});

describe('a large messy list', () => {
  const messy = messyStockList({ rows: 3000, seed: 7 });

  it('gives exactly its good rows, in slices, and refuses exactly the others', () => {
    const list = open(messy.csv);
    const slices = [...list.read(list.mapping)];
    const { books, refused } = readAll(list);
    expect([books.length, refused.length]).toEqual([messy.good, messy.refused]);
    expect(messy.refused).toBeGreaterThan(100);
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(
      new Set(['missing-isbn', 'mangled-isbn', 'wrong-check-digit', 'malformed-isbn', 'duplicate']),
    );
    for (const slice of slices)
      expect(slice.books.length + slice.refused.length).toBeLessThanOrEqual(ROWS_PER_SLICE);
    expect(slices.at(-1)?.bytesRead).toBe(list.bytes);
  });

  it('is the same for the same seed', () => {
    expect(messyStockList({ rows: 50, seed: 1 })).toEqual(messyStockList({ rows: 50, seed: 1 }));
    expect(messyStockList({ rows: 50, seed: 1 })).not.toEqual(messyStockList({ rows: 50, seed: 2 }));
  });

  it('reads the same cut anywhere, whatever the quoting and line ends', () => {
    const whole = readAll(open(messy.csv));
    const wide = new TextEncoder().encode(messy.csv.replaceAll('\r\n', '\n'));
    expect(readAll(openStockList(wide))).toEqual(whole);
  });

  it('gives its refused rows back as a file that is refused for the same reasons', () => {
    const list = open(messy.csv);
    const { refused } = readAll(list);
    const again = open(refusedToCsv(refused, list.header));
    expect(again.mapping).toEqual(list.mapping);
    const reasons = readAll(again).refused.map(({ reason }) => reason);
    const expected = refused.map(({ reason }) => reason).filter((reason) => reason !== 'duplicate');
    expect(reasons.filter((reason) => reason !== 'duplicate')).toEqual(expected);
  });

  it('makes text of a cell that a spreadsheet would run', () => {
    const row: RefusedRow = { line: 2, reason: 'missing-isbn', message: 'No.', fields: ['=1+1', 'a'] };
    expect(refusedToCsv([row], ['isbn', 'title'])).toContain("'=1+1");
  });
});
