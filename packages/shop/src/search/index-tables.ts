import type { Database } from '@octavo/crsqlite/database.ts';

/** Raise it when the index's content changes: every replica then builds its own anew at the next open. */
const INDEX_VERSION = 1;

const TABLES = ['search_state', 'search_key', 'search_dirty', 'book_search'];
const TRIGGERS = ['search_book_inserted', 'search_book_updated', 'search_book_deleted'];

/**
 * Makes the full-text index of the books, if the file has none of this version. It is local: never replicated, free to
 * be missing from a snapshot. Triggers fire for every merged cell, so they only note which book is dirty; the text
 * is indexed in slices afterwards (`refreshSearchIndex`). They must not say OR IGNORE: the conflict policy of the statement
 * that fires a trigger replaces the trigger's own, and a merge would fail on a book that is dirty already.
 */
export function createSearchIndex(db: Database): void {
  if (indexVersion(db) === INDEX_VERSION) return;
  db.transaction(() => {
    for (const trigger of TRIGGERS) db.exec(`DROP TRIGGER IF EXISTS ${trigger}`);
    for (const table of TABLES) db.exec(`DROP TABLE IF EXISTS ${table}`);
    db.exec(`
      CREATE TABLE search_state (version INTEGER NOT NULL) STRICT;
      INSERT INTO search_state (version) VALUES (${INDEX_VERSION});

      -- The index's row numbers. A rowid of the book table would not do: VACUUM renumbers those.
      CREATE TABLE search_key (id INTEGER PRIMARY KEY, isbn TEXT NOT NULL UNIQUE) STRICT;
      CREATE TABLE search_dirty (isbn TEXT PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID;
      CREATE VIRTUAL TABLE book_search USING fts5(
        isbn, title, authors, publisher,
        content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
      );

      -- FTS5 merges its segments inside commits. Small merges often, instead of large ones now and then: of 200 slices
      -- of 500 books the slowest took 20 ms, not 150.
      INSERT INTO book_search (book_search, rank) VALUES ('automerge', 8);
      INSERT INTO book_search (book_search, rank) VALUES ('crisismerge', 64);

      CREATE TRIGGER search_book_inserted AFTER INSERT ON book BEGIN
        INSERT INTO search_dirty (isbn) SELECT NEW.isbn WHERE NOT EXISTS (SELECT 1 FROM search_dirty WHERE isbn = NEW.isbn);
      END;
      CREATE TRIGGER search_book_updated AFTER UPDATE OF title, authors, publisher ON book
        WHEN NEW.title IS NOT OLD.title OR NEW.authors IS NOT OLD.authors OR NEW.publisher IS NOT OLD.publisher
      BEGIN
        INSERT INTO search_dirty (isbn) SELECT NEW.isbn WHERE NOT EXISTS (SELECT 1 FROM search_dirty WHERE isbn = NEW.isbn);
      END;
      CREATE TRIGGER search_book_deleted AFTER DELETE ON book BEGIN
        INSERT INTO search_dirty (isbn) SELECT OLD.isbn WHERE NOT EXISTS (SELECT 1 FROM search_dirty WHERE isbn = OLD.isbn);
      END;

      INSERT INTO search_dirty (isbn) SELECT isbn FROM book;
    `);
  })();
}

function indexVersion(db: Database): number | undefined {
  const tables = db
    .prepare<{ n: number }>(
      `SELECT count(*) AS n FROM sqlite_schema WHERE name IN (${[...TABLES, ...TRIGGERS].map(() => '?').join(', ')})`,
    )
    .get(...TABLES, ...TRIGGERS);
  if (tables?.n !== TABLES.length + TRIGGERS.length) return undefined;
  return db.prepare<{ version: number }>('SELECT version FROM search_state').get()?.version;
}
