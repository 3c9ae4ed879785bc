import type { Database } from '@octavo/crsqlite/database.ts';

/** Anything that writes as the application does. */
interface Writer {
  write(run: (database: Database) => void): void;
}

export const isbn = (number: number): string => `978000000${String(number).padStart(4, '0')}`;

/** Adds books `from` to `to - 1` in one transaction. */
export function addBooks(machine: Writer, from: number, to: number): void {
  machine.write((database) => {
    const insert = database.prepare('INSERT INTO book (isbn, title, price) VALUES (?, ?, ?)');
    for (let number = from; number < to; number += 1) insert.run(isbn(number), `Book ${number}`, number);
  });
}

export const ALL_BOOKS = 'SELECT * FROM book ORDER BY isbn';
