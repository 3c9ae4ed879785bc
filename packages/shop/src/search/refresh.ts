import type { Database } from '@octavo/crsqlite/database.ts';
import { foldColumnSql } from './fold.ts';

/** How many dirty books a search indexes itself before it answers. */
export const FLUSH_IN_SEARCH = 300;

/**
 * Indexes at most `limit` dirty books, in one transaction, and says how many are left. Call it after commits that
 * touched `book`, in slices small enough not to hold up other work (a thousand take about 10 ms).
 */
export function refreshSearchIndex(db: Database, { limit }: { limit: number }): { remaining: number } {
  const last = lastOfSlice(db, limit);
  if (last === undefined) return { remaining: 0 };
  db.transaction(() => {
    indexThrough(db, last);
  })();
  return { remaining: countDirty(db) };
}

/** Books whose text changed since they were indexed. */
export function countDirty(db: Database): number {
  return db.prepare<{ n: number }>('SELECT count(*) AS n FROM search_dirty').get()?.n ?? 0;
}

/** The slice is all that sorts up to this ISBN; undefined when nothing is dirty. */
function lastOfSlice(db: Database, limit: number): string | undefined {
  const row = db
    .prepare<{ last: string | null }>(
      'SELECT max(isbn) AS last FROM (SELECT isbn FROM search_dirty ORDER BY isbn LIMIT ?)',
    )
    .get(limit);
  return row?.last ?? undefined;
}

/** CROSS JOIN keeps the few dirty books in front: SQLite has no statistics and would walk all books instead. */
function indexThrough(db: Database, last: string): void {
  db.prepare(
    `INSERT OR IGNORE INTO search_key (isbn)
     SELECT isbn FROM search_dirty CROSS JOIN book USING (isbn) WHERE search_dirty.isbn <= ?`,
  ).run(last);
  db.prepare(
    `INSERT OR REPLACE INTO book_search (rowid, isbn, title, authors, publisher)
     SELECT id, isbn, ${foldColumnSql('title')}, ${foldColumnSql('authors')}, ${foldColumnSql('publisher')}
     FROM search_dirty CROSS JOIN search_key USING (isbn) CROSS JOIN book USING (isbn)
     WHERE search_dirty.isbn <= ?`,
  ).run(last);
  const gone = 'SELECT isbn FROM search_dirty WHERE isbn <= ? AND isbn NOT IN (SELECT isbn FROM book)';
  db.prepare(
    `DELETE FROM book_search WHERE rowid IN (SELECT id FROM search_key WHERE isbn IN (${gone}))`,
  ).run(last);
  db.prepare(`DELETE FROM search_key WHERE isbn IN (${gone})`).run(last);
  db.prepare('DELETE FROM search_dirty WHERE isbn <= ?').run(last);
}
