import type { Database, SqlValue } from '@octavo/crsqlite/database.ts';
import type { BookRow } from '../queries/book-row.ts';
import { BOOK_COLUMNS } from '../queries/book-row.ts';
import type { SearchTerms } from './match.ts';
import { matchExpression, matches, searchTerms } from './match.ts';
import { FLUSH_IN_SEARCH, countDirty, refreshSearchIndex } from './refresh.ts';

export const SORT_FIELDS = ['relevance', 'title', 'authors', 'publisher', 'year', 'price', 'isbn'] as const;

export interface Sort {
  /** `relevance` is by title when there is no text. */
  readonly by: (typeof SORT_FIELDS)[number];
  readonly descending: boolean;
}

export interface Page {
  readonly text: string;
  readonly offset: number;
  readonly limit: number;
  readonly sort: Sort;
}

/** The matching books of one page, in order. */
export function listMatching(db: Database, { text, offset, limit, sort }: Page): BookRow[] {
  const source = matchingBooks(db, text);
  return db
    .prepare<BookRow>(
      `SELECT ${BOOK_COLUMNS} FROM ${source.from} ORDER BY ${orderBy(sort, source)} LIMIT ? OFFSET ?`,
    )
    .all(...source.params, limit, offset);
}

/** How many books match. */
export function countMatching(db: Database, text: string): number {
  const source = matchingBooks(db, text);
  return db.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${source.from}`).get(...source.params)?.n ?? 0;
}

export interface Source {
  /** What stands behind FROM; the book table in it is called `book`. */
  readonly from: string;
  readonly params: readonly SqlValue[];
  /** Whether `found.rank` says how well a book matches. */
  readonly ranked: boolean;
}

/**
 * The books that match a text, as a part of a query. Never misses a committed book: a few dirty ones are indexed first;
 * when there are many (an import is running and the worker's refresh is on its way), the dirty ones are compared one
 * by one instead, and the index answers for the others only.
 */
export function matchingBooks(db: Database, text: string): Source {
  const terms = searchTerms(text);
  if (terms === undefined) return { from: 'book', params: [], ranked: false };
  const dirty = countDirty(db);
  if (dirty > 0 && dirty <= FLUSH_IN_SEARCH) refreshSearchIndex(db, { limit: FLUSH_IN_SEARCH });
  const indexed = `SELECT search_key.isbn, book_search.rank AS rank FROM book_search
    JOIN search_key ON search_key.id = book_search.rowid WHERE book_search MATCH ?`;
  const expression = matchExpression(terms);
  if (dirty <= FLUSH_IN_SEARCH) {
    return {
      from: `(${indexed}) AS found JOIN book ON book.isbn = found.isbn`,
      params: [expression],
      ranked: true,
    };
  }
  const found = JSON.stringify(matchingDirty(db, terms));
  return {
    from: `(${indexed} AND search_key.isbn NOT IN (SELECT isbn FROM search_dirty)
        UNION ALL SELECT value, 0 FROM json_each(?)) AS found JOIN book ON book.isbn = found.isbn`,
    params: [expression, found],
    ranked: true,
  };
}

function matchingDirty(db: Database, terms: SearchTerms): string[] {
  const rows = db
    .prepare<Pick<BookRow, 'isbn' | 'title' | 'authors' | 'publisher'>>(
      'SELECT isbn, title, authors, publisher FROM search_dirty JOIN book USING (isbn)',
    )
    .iterate();
  const found: string[] = [];
  for (const row of rows) {
    if (matches(terms, [row.isbn, row.title, row.authors, row.publisher])) found.push(row.isbn);
  }
  return found;
}

function orderBy({ by, descending }: Sort, { ranked }: Source): string {
  const direction = descending ? 'DESC' : 'ASC';
  switch (by) {
    case 'relevance':
      return ranked
        ? `found.rank ${direction}, book.isbn`
        : `book.title COLLATE NOCASE ${direction}, book.isbn`;
    case 'title':
      return `book.title COLLATE NOCASE ${direction}, book.isbn ${direction}`;
    case 'authors':
    case 'publisher':
      return `book.${by} COLLATE NOCASE ${direction}, book.isbn ${direction}`;
    case 'year':
    case 'price':
    case 'isbn':
      return `book.${by} ${direction}, book.isbn ${direction}`;
  }
}
