import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { ShopError } from '../errors.ts';
import * as field from '../fields.ts';
import { defineServerCommand } from './answer-once.ts';
import type { CommandAnswer } from './answers.ts';
import { COVER_UPLOAD, type UploadedCover } from './wire.ts';

/** The cover of a book as it is now. */
export interface CoverNow {
  isbn: string;
  /** Null where it has none. */
  hash: string | null;
}

const side = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(10_000));

/**
 * Gives a book its cover, of which the image is stored by then. The version that is compared is the hash of the cover
 * that somebody saw, '' for none.
 */
export const setBookCover = defineServerCommand(
  COVER_UPLOAD,
  v.object({
    isbn: field.isbn,
    hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    width: side,
    height: side,
  }),
  ({ db }, { payload, baseVersion }): CommandAnswer<UploadedCover, CoverNow> => {
    const { isbn, hash, width, height } = payload;
    const now = coverOf(db, isbn);
    if (baseVersion !== undefined && baseVersion !== (now ?? '') && now !== hash) {
      const message = 'This book has been given another cover meanwhile. Yours was not taken.';
      return { outcome: 'conflict', message, current: { isbn, hash: now } };
    }
    if (now !== hash) {
      db.prepare(
        `INSERT INTO book_cover (isbn, hash, width, height) VALUES (?, ?, ?, ?)
         ON CONFLICT (isbn) DO UPDATE SET hash = excluded.hash, width = excluded.width, height = excluded.height`,
      ).run(isbn, hash, width, height);
    }
    return { outcome: 'done', result: payload };
  },
);

function coverOf(db: Database, isbn: string): string | null {
  const book = db
    .prepare<{ hash: string | null }>(
      'SELECT hash FROM book LEFT JOIN book_cover ON book_cover.isbn = book.isbn WHERE book.isbn = ?',
    )
    .get(isbn);
  if (book !== undefined) return book.hash;
  throw new ShopError('not-found', 'This book does not exist any more.', { kind: 'book', id: isbn });
}
