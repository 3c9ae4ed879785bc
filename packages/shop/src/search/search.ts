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

/**
 * Up to so many matches are ranked. Ranking costs 1 µs per match, and what matches more is a text just begun, whose
 * best match nobody can tell: those come newest first.
 */
const MOST_RANKED = 4000;

/** The books a text asks for. */
type Matching =
  | { readonly kind: 'all' }
  /** The index knows every book that matches. */
  | { readonly kind: 'indexed'; readonly expression: string }
  /** Many books are not indexed yet: the index answers for the others, these were compared one by one. */
  | { readonly kind: 'mixed'; readonly expression: string; readonly unindexed: string };

/** The matching books of one page, in order. */
export function listMatching(db: Database, { text, offset, limit, sort }: Page): BookRow[] {
  const matching = matchingBooks(db, text);
  if (matching.kind === 'indexed' && sort.by === 'relevance') {
    return listByRelevance(db, matching.expression, { offset, limit, descending: sort.descending });
  }
  const { from, params } = sourceOf(matching);
  return db
    .prepare<BookRow>(`SELECT ${BOOK_COLUMNS} FROM ${from} ORDER BY ${orderBy(sort)} LIMIT ? OFFSET ?`)
    .all(...params, limit, offset);
}

/** How many books match. */
export function countMatching(db: Database, text: string): number {
  const matching = matchingBooks(db, text);
  const { from, params } =
    matching.kind === 'indexed'
      ? { from: 'book_search WHERE book_search MATCH ?', params: [matching.expression] }
      : sourceOf(matching);
  return db.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${from}`).get(...params)?.n ?? 0;
}

/**
 * The ISBNs of the matching books as a query, for conditions on other tables; undefined when the text asks for all.
 */
export function matchingIsbns(db: Database, text: string): { sql: string; params: SqlValue[] } | undefined {
  const matching = matchingBooks(db, text);
  if (matching.kind === 'all') return undefined;
  const { from, params } = sourceOf(matching);
  return { sql: `SELECT book.isbn FROM ${from}`, params };
}

/**
 * Finds out how to search so that no committed book is missing: a few dirty ones are indexed first; when there are
 * many (an import is running, and the next refresh is on its way), they are compared one by one.
 */
function matchingBooks(db: Database, text: string): Matching {
  const terms = searchTerms(text);
  if (terms === undefined) return { kind: 'all' };
  const expression = matchExpression(terms);
  const dirty = countDirty(db);
  if (dirty > FLUSH_IN_SEARCH)
    return { kind: 'mixed', expression, unindexed: JSON.stringify(matchingDirty(db, terms)) };
  if (dirty > 0) refreshSearchIndex(db, { limit: FLUSH_IN_SEARCH });
  return { kind: 'indexed', expression };
}

function matchingDirty(db: Database, terms: SearchTerms): string[] {
  const rows = db
    .prepare<Pick<BookRow, 'isbn' | 'title' | 'authors' | 'publisher'>>(
      'SELECT isbn, title, authors, publisher FROM search_dirty CROSS JOIN book USING (isbn)',
    )
    .iterate();
  const found: string[] = [];
  for (const row of rows) {
    if (matches(terms, [row.isbn, row.title, row.authors, row.publisher])) found.push(row.isbn);
  }
  return found;
}

/** Every indexed row has its book: the two change together once nothing is dirty. So the page is cut inside the index. */
function listByRelevance(
  db: Database,
  expression: string,
  { offset, limit, descending }: { offset: number; limit: number; descending: boolean },
): BookRow[] {
  const few =
    db
      .prepare<{ n: number }>(
        'SELECT count(*) AS n FROM (SELECT 1 FROM book_search WHERE book_search MATCH ? LIMIT ?)',
      )
      .get(expression, MOST_RANKED + 1)?.n ?? 0;
  // bm25 is smaller for better matches; ids grow with time.
  const [value, best] = few <= MOST_RANKED ? ['rank', 'ASC'] : ['rowid', 'DESC'];
  const order = descending === (best === 'ASC') ? 'DESC' : 'ASC';
  return db
    .prepare<BookRow>(
      `SELECT ${BOOK_COLUMNS} FROM (
         SELECT rowid AS id, ${value} AS place FROM book_search WHERE book_search MATCH ?
         ORDER BY ${value} ${order} LIMIT ? OFFSET ?
       ) AS found
         CROSS JOIN search_key ON search_key.id = found.id
         CROSS JOIN book ON book.isbn = search_key.isbn
       ORDER BY found.place ${order}, found.id`,
    )
    .all(expression, limit, offset);
}

function sourceOf(matching: Matching): { from: string; params: SqlValue[] } {
  if (matching.kind === 'all') return { from: 'book', params: [] };
  const indexed = `SELECT search_key.isbn FROM book_search CROSS JOIN search_key ON search_key.id = book_search.rowid
    WHERE book_search MATCH ?`;
  const join = 'AS found CROSS JOIN book ON book.isbn = found.isbn';
  if (matching.kind === 'indexed') return { from: `(${indexed}) ${join}`, params: [matching.expression] };
  return {
    from: `(${indexed} AND search_key.isbn NOT IN (SELECT isbn FROM search_dirty)
      UNION ALL SELECT value FROM json_each(?)) ${join}`,
    params: [matching.expression, matching.unindexed],
  };
}

function orderBy({ by, descending }: Sort): string {
  const direction = descending ? 'DESC' : 'ASC';
  switch (by) {
    case 'relevance':
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
