import type { Database } from '@octavo/crsqlite/database.ts';
import { SeededRandom } from '../world/virtual-time.ts';
import { integer, type Write } from './actions.ts';

/** Few, so that everybody meets everybody at the same rows. */
const ISBNS = Array.from({ length: 6 }, (_, index) => `97800000000${String(index).padStart(2, '0')}`);
const OPENINGS = ['till-1', 'till-2', 'till-3'];

/** A rolled-back write ends like this, on purpose. */
class RolledBack extends Error {}

/** Performs one write as the application does, on the tables of the shop. Values are integers and ASCII texts. */
export function perform(database: Database, what: Write, salt: number): void {
  const random = new SeededRandom(salt);
  const isbn = ISBNS[integer(random, ISBNS.length)] ?? '';
  const text = integer(random, 1_000_000).toString(36);
  const number = integer(random, 100_000);
  switch (what) {
    case 'insert':
      database
        .prepare('INSERT OR IGNORE INTO book (isbn, title, price) VALUES (?, ?, ?)')
        .run(isbn, text, number);
      return;
    case 'update':
      if (number % 2 === 0) database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run(text, isbn);
      else
        database
          .prepare('UPDATE book SET price = ?, year = ? WHERE isbn = ?')
          .run(number, number % 2_000, isbn);
      return;
    case 'delete':
      database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn);
      return;
    case 'rewrite':
      database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn);
      database.prepare('INSERT INTO book (isbn, authors) VALUES (?, ?)').run(isbn, text);
      return;
    case 'scan':
      database
        .prepare(
          `INSERT INTO note_line (note_id, isbn, warehouse_id, opening, quantity) VALUES ('note', ?, '', ?, 1)
           ON CONFLICT DO UPDATE SET quantity = quantity + 1`,
        )
        .run(isbn, OPENINGS[number % OPENINGS.length] ?? '');
      return;
    case 'pair':
      // Two rows of one transaction that nobody touches again: every replica must always hold both or neither.
      for (const half of ['a', 'b']) {
        database
          .prepare('INSERT OR IGNORE INTO warehouse (id, name) VALUES (?, ?)')
          .run(`pair-${salt}-${half}`, text);
      }
      return;
    case 'many':
      for (const each of ISBNS)
        database.prepare('UPDATE book SET category = ? WHERE isbn = ?').run(text, each);
      return;
    case 'shelve':
      // Only what was upgraded knows shelves and events.
      if (
        database.prepare("SELECT 1 FROM pragma_table_info('book') WHERE name = 'shelf'").get() === undefined
      )
        return;
      if (number % 3 === 0)
        database
          .prepare(
            'INSERT INTO event (id, title) VALUES (?, ?) ON CONFLICT DO UPDATE SET title = excluded.title',
          )
          .run(isbn, text);
      else database.prepare('UPDATE book SET shelf = ? WHERE isbn = ?').run(text, isbn);
      return;
    case 'no-op':
      database.exec('UPDATE book SET title = title');
      return;
    case 'roll-back':
      try {
        database.transaction(() => {
          database.prepare('UPDATE book SET title = ?').run(text);
          throw new RolledBack();
        })();
      } catch (error) {
        if (!(error instanceof RolledBack)) throw error;
      }
      return;
  }
}

/** Pairs of which only one half is there, in words. */
export function brokenPair(database: Database): string | undefined {
  return database
    .prepare<{ pair: string }>(
      `SELECT substr(id, 1, length(id) - 2) AS pair FROM warehouse WHERE id LIKE 'pair-%' GROUP BY pair HAVING count(*) <> 2 LIMIT 1`,
    )
    .get()?.pair;
}
