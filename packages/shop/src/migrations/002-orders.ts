import type { Database } from '@octavo/crsqlite/database.ts';
import { createCrr } from '../crr.ts';

/**
 * Customers and what they have ordered, suppliers and what was ordered from them, what the server has answered to
 * commands, and covers of books. Bounds, money and times are those of the first rooms.
 */
export function orders(db: Database): void {
  createCrr(db, {
    table: 'customer',
    key: ['id'],
    columns: ['name TEXT', 'email TEXT', 'phone TEXT', 'note TEXT', 'created_at INTEGER'],
  });
  createCrr(db, {
    table: 'customer_order_line',
    key: ['id'],
    columns: [
      // '' is the shop itself: copies for the shelf.
      "customer_id TEXT NOT NULL DEFAULT ''",
      'isbn TEXT',
      'quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity BETWEEN 0 AND 1000000)',
      'created_at INTEGER',
      // Each step is a fact of its own, NULL until it has happened: a merge puts together what two devices know, and
      // no writer of one step overwrites another. The state is the furthest of them.
      'placed_in TEXT',
      'received_at INTEGER',
      'collected_at INTEGER',
      // Not a delete, which would beat what the server orders at the same time and leave books that nobody wanted.
      'removed_at INTEGER',
    ],
  });
  createCrr(db, {
    table: 'supplier',
    key: ['id'],
    columns: [
      'name TEXT',
      'email TEXT',
      'phone TEXT',
      'customer_number TEXT',
      'note TEXT',
      'created_at INTEGER',
    ],
  });
  createCrr(db, {
    table: 'supplier_publisher',
    // The publisher as it is compared: one row each, so two devices that give it to two suppliers agree on one of them.
    key: ['publisher'],
    columns: ['name TEXT', "supplier_id TEXT NOT NULL DEFAULT ''", 'created_at INTEGER'],
  });
  createCrr(db, {
    table: 'supplier_order',
    // The id of the command that placed it: whatever happens to the server, it is never a second order.
    key: ['id'],
    columns: [
      "supplier_id TEXT NOT NULL DEFAULT ''",
      // As it was called when the order was placed: the order is history, the supplier may be removed.
      'supplier_name TEXT',
      'year INTEGER CHECK (year BETWEEN 1 AND 9999)',
      'number INTEGER CHECK (number BETWEEN 1 AND 1000000)',
      'placed_at INTEGER',
      'cancelled_at INTEGER',
    ],
  });
  createCrr(db, {
    table: 'supplier_order_line',
    key: ['supplier_order_id', 'customer_order_line_id'],
    columns: [
      'isbn TEXT',
      // As ordered: the customer's line may be changed elsewhere at the same time.
      'quantity INTEGER NOT NULL DEFAULT 0 CHECK (quantity BETWEEN 0 AND 1000000)',
      'price INTEGER CHECK (price BETWEEN 0 AND 1000000000)',
    ],
  });
  createCrr(db, {
    // Not a column of the book: every book would have one cell more, replicated and stored, and few have a cover.
    table: 'book_cover',
    key: ['isbn'],
    // The name of an object in the server's store: the SHA-256 of what is in it, hexadecimal.
    columns: [
      'hash TEXT',
      // In pixels, so that a page keeps its place while it comes.
      'width INTEGER CHECK (width BETWEEN 1 AND 10000)',
      'height INTEGER CHECK (height BETWEEN 1 AND 10000)',
    ],
  });
  createCrr(db, {
    table: 'command_receipt',
    key: ['id'],
    columns: ['type TEXT', 'answered_at INTEGER', 'outcome TEXT', 'answer TEXT'],
  });
  db.exec(`
    CREATE INDEX book_by_publisher ON book (publisher COLLATE NOCASE);
    CREATE INDEX customer_by_name ON customer (name COLLATE NOCASE, id);
    CREATE INDEX customer_order_line_by_customer ON customer_order_line (customer_id, created_at);
    -- What is still to come, and who waits; of the lines of many years, few.
    CREATE INDEX customer_order_line_awaited ON customer_order_line (isbn)
      WHERE received_at IS NULL AND collected_at IS NULL;
    CREATE INDEX customer_order_line_uncollected ON customer_order_line (customer_id)
      WHERE collected_at IS NULL AND customer_id <> '';
    CREATE INDEX supplier_order_by_number ON supplier_order (year, number);
    CREATE INDEX supplier_order_line_by_need ON supplier_order_line (customer_order_line_id);
    CREATE VIEW order_line AS
      SELECT id, customer_id, isbn, quantity, created_at, placed_in, received_at, collected_at, removed_at,
        CASE
          WHEN collected_at IS NOT NULL THEN 'collected'
          WHEN received_at IS NOT NULL THEN 'received'
          WHEN placed_in IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM supplier_order WHERE supplier_order.id = placed_in AND cancelled_at IS NOT NULL
          ) THEN 'placed'
          ELSE 'pending'
        END AS state
      FROM customer_order_line
      WHERE isbn IS NOT NULL;
  `);
}
