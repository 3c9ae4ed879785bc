import { ImportError } from './import-error.ts';

/** A stock list of a million books is about half of it. Larger files would not fit a phone's memory. */
export const MAX_STOCK_LIST_BYTES = 64 * 1024 * 1024;

/** Refuses a file by its size, before a byte of it is read. Throws ImportError. */
export function refuseBySize(bytes: number): void {
  if (bytes === 0) throw new ImportError('empty', 'This file is empty.');
  if (bytes > MAX_STOCK_LIST_BYTES) {
    throw new ImportError(
      'too-large',
      `This file has ${megabytes(bytes)} MB; at most ${megabytes(MAX_STOCK_LIST_BYTES)} MB can be imported at once. Split it into several files with the same header, or check that it is the right file.`,
    );
  }
}

const PICTURE = 'This is a picture, not a stock list. Choose a CSV file.';
const WORKBOOK = 'This is a workbook (or an archive). Open it, save the sheet as CSV, and import that.';
const MAGIC: readonly (readonly [
  bytes: readonly number[],
  code: 'binary' | 'spreadsheet',
  message: string,
])[] = [
  [[0x89, 0x50, 0x4e, 0x47], 'binary', PICTURE],
  [[0xff, 0xd8, 0xff], 'binary', PICTURE],
  [[0x47, 0x49, 0x46, 0x38], 'binary', PICTURE],
  [[0x25, 0x50, 0x44, 0x46], 'binary', 'This is a PDF, not a stock list. Ask for the list as CSV.'],
  [[0x1f, 0x8b], 'binary', 'This file is compressed. Unpack it and import the CSV inside.'],
  [[0x50, 0x4b, 0x03, 0x04], 'spreadsheet', WORKBOOK],
  [[0xd0, 0xcf, 0x11, 0xe0], 'spreadsheet', WORKBOOK],
  [
    [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65],
    'binary',
    'This is a database, not a stock list. Restore it in the settings instead.',
  ],
];

/** Refuses files that are known not to be text. Throws ImportError. */
export function refuseByMagic(bytes: Uint8Array): void {
  for (const [magic, code, message] of MAGIC) {
    if (magic.every((byte, index) => bytes[index] === byte)) throw new ImportError(code, message);
  }
}

/** Refuses text with bytes that no text has. To be asked after UTF-16, which is full of zero bytes, is ruled out. */
export function refuseBinary(bytes: Uint8Array): void {
  if (bytes.includes(0)) {
    throw new ImportError('binary', 'This file is not text. Choose a CSV file.');
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
