import type { Database } from '@octavo/crsqlite/database.ts';
import { createCrr } from '../crr.ts';

/**
 * Books, warehouses, notes and their lines. Money is in minor units, discounts in hundredths of a percent, times in
 * milliseconds since 1970. The CHECKs keep a broken peer's numbers from overflowing a sum; they are never
 * loosened or tightened later, because replicas of both versions would disagree about a row.
 */
export function firstRooms(db: Database): void {
  createCrr(db, {
    table: 'book',
    key: ['isbn'],
    columns: [
      'title TEXT',
      'authors TEXT',
      'publisher TEXT',
      'year INTEGER CHECK (year BETWEEN -9999 AND 9999)',
      'price INTEGER CHECK (price BETWEEN 0 AND 1000000000)',
      'category TEXT',
      'out_of_print INTEGER NOT NULL DEFAULT 0 CHECK (out_of_print IN (0, 1))',
    ],
  });
  createCrr(db, {
    table: 'warehouse',
    key: ['id'],
    columns: [
      'name TEXT',
      'discount INTEGER NOT NULL DEFAULT 0 CHECK (discount BETWEEN 0 AND 10000)',
      'created_at INTEGER',
    ],
  });
  createCrr(db, {
    table: 'note',
    key: ['id'],
    columns: [
      "kind TEXT NOT NULL DEFAULT 'inbound' CHECK (kind IN ('inbound', 'outbound'))",
      'name TEXT',
      // Where an inbound note's books go; an outbound note's suggestion for its lines.
      "warehouse_id TEXT NOT NULL DEFAULT ''",
      'created_at INTEGER',
      // NULL while the note is open. Set once: a committed note counts in the stock, late lines included.
      'committed_at INTEGER',
    ],
  });
  createCrr(db, {
    table: 'note_line',
    // One row per opening of the database that touched the line. The line's quantity is the sum of its rows, and a
    // row is written only by the opening it names, so concurrent scans add up. A row may be negative.
    key: ['note_id', 'isbn', 'warehouse_id', 'opening'],
    columns: [
      'quantity INTEGER NOT NULL DEFAULT 0 CHECK (quantity BETWEEN -1000000 AND 1000000)',
      // As sold: copied from book and warehouse when the line is made, so that later prices do not change history.
      'price INTEGER CHECK (price BETWEEN 0 AND 1000000000)',
      'discount INTEGER CHECK (discount BETWEEN 0 AND 10000)',
      'created_at INTEGER',
    ],
  });
  db.exec(`
    CREATE INDEX book_by_title ON book (title COLLATE NOCASE, isbn);
    CREATE INDEX note_by_commit ON note (kind, committed_at);
    -- Covers the stock of a book, and of all books in one ordered pass.
    CREATE INDEX note_line_by_isbn ON note_line (isbn, warehouse_id, note_id, quantity);
    CREATE VIEW line AS
      SELECT note_id, isbn, warehouse_id,
        -- Two devices that removed the same copies apart leave a negative sum: it counts as none.
        max(sum(quantity), 0) AS quantity,
        sum(quantity) AS raw_quantity,
        -- Rows made apart may differ; the higher price and the lower discount stand until somebody sets one.
        max(price) AS price,
        min(discount) AS discount,
        min(price) IS NOT max(price) AS prices_differ,
        min(created_at) AS created_at
      FROM note_line
      GROUP BY note_id, isbn, warehouse_id;
  `);
}
