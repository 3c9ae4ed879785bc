/**
 * Which encoding a stock list is in. Not by statistics: a list is nearly all ASCII with a few accents, too little
 * to count, while valid UTF-8 with accents in it is practically never anything else. What is not UTF-8 comes from a
 * Western spreadsheet (windows-1252, of which ISO-8859-1 is a part); a person who sees wrong accents in the
 * preview chooses another.
 */
import { refuseBinary } from './file-kind.ts';
import { ImportError } from './import-error.ts';

/** What a person can choose from. */
export const ENCODINGS = [
  'utf-8',
  'windows-1252',
  'utf-16le',
  'utf-16be',
  'windows-1250',
  'iso-8859-15',
  'macintosh',
] as const;

export type Encoding = (typeof ENCODINGS)[number];

const SLICE_BYTES = 64 * 1024;

/** The encoding of a file. Throws ImportError for a file that is not text. */
export function detectEncoding(bytes: Uint8Array): Encoding {
  if (startsWith(bytes, [0xef, 0xbb, 0xbf])) return 'utf-8';
  if (startsWith(bytes, [0xff, 0xfe])) return 'utf-16le';
  if (startsWith(bytes, [0xfe, 0xff])) return 'utf-16be';
  const wide = utf16WithoutMark(bytes);
  if (wide !== undefined) return wide;
  refuseBinary(bytes);
  return isUtf8(bytes) ? 'utf-8' : 'windows-1252';
}

/** The text of a file in slices, each with the number of bytes read so far. A byte order mark is left out. */
export function* decodeSlices(
  bytes: Uint8Array,
  encoding: Encoding,
): Generator<{ text: string; bytesRead: number }, void> {
  const decoder = textDecoder(encoding);
  for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
    const end = Math.min(start + SLICE_BYTES, bytes.length);
    yield {
      text: decoder.decode(bytes.subarray(start, end), { stream: end < bytes.length }),
      bytesRead: end,
    };
  }
}

function textDecoder(encoding: Encoding): TextDecoder {
  try {
    return new TextDecoder(encoding);
  } catch (cause) {
    throw new ImportError(
      'unknown-encoding',
      `This device cannot read ${encoding}. Save the file as UTF-8.`,
      { cause },
    );
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    // The end is left open: a file cut in the middle of its last letter is still UTF-8.
    for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
      decoder.decode(bytes.subarray(start, start + SLICE_BYTES), { stream: true });
    }
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** In UTF-16 every second byte of Western text is zero, always on the same side. */
function utf16WithoutMark(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const head = bytes.subarray(0, 4096);
  let even = 0;
  let odd = 0;
  head.forEach((byte, index) => {
    if (byte !== 0) return;
    if (index % 2 === 0) even += 1;
    else odd += 1;
  });
  const many = head.length * 0.4;
  const few = head.length * 0.02;
  if (odd > many && even <= few) return 'utf-16le';
  if (even > many && odd <= few) return 'utf-16be';
  return undefined;
}

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte);
}
