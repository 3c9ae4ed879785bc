import type { Database } from '@octavo/crsqlite/database.ts';
import type { SeededRandom } from '../world/virtual-time.ts';
import { integer, pick } from './chance.ts';

const ISBNS = Array.from({ length: 12 }, (_, index) => `97800000000${String(index).padStart(2, '0')}`);
const WORDS = [null, '', 'Emma', 'Zoë & José', 'NUL\0inside', '\u{1f4d6} Łódź', 'x'.repeat(2_000)];
const NUMBERS = [null, 0, 1, 127, 128, 1_999, 9_999];

/** One transaction of a shop, with every kind of value and row that the shop's tables hold. */
export function work(database: Database, random: SeededRandom): void {
  const isbn = pick(random, ISBNS) ?? '';
  const [word, other, number] = [pick(random, WORDS), pick(random, WORDS), pick(random, NUMBERS)];
  switch (integer(random, 6)) {
    case 0:
      database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn);
      return;
    case 1:
      // A row that comes back keeps its cells' authors and loses their versions.
      database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn);
      database.prepare('INSERT INTO book (isbn, authors) VALUES (?, ?)').run(isbn, other ?? null);
      return;
    case 2:
      database
        .prepare('UPDATE book SET title = ?, year = ? WHERE isbn = ?')
        .run(word ?? null, number ?? null, isbn);
      return;
    case 3:
      database
        .prepare(
          `INSERT INTO note_line (note_id, isbn, warehouse_id, opening, quantity, price) VALUES ('note', ?, '', ?, 1, ?)
           ON CONFLICT DO UPDATE SET quantity = quantity + 1`,
        )
        .run(isbn, `till-${integer(random, 3)}`, number ?? null);
      return;
    default:
      database
        .prepare(
          `INSERT INTO book (isbn, title, authors, year, price) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET title = excluded.title, price = excluded.price`,
        )
        .run(isbn, word ?? null, other ?? null, number ?? null, integer(random, 1_000_000_000));
  }
}

/** One transaction that is too large for one batch. */
export function deliver(database: Database, delivery: string): void {
  const insert = database.prepare('INSERT INTO warehouse (id, name, discount) VALUES (?, ?, ?)');
  for (let box = 0; box < 520; box += 1) insert.run(`${delivery}-${box}`, `Box ${box}`, box);
}

/** What replicas must agree on. */
export const TABLES = ['book', 'warehouse', 'note', 'note_line'] as const;
