import type { Database } from '@octavo/crsqlite/database.ts';
import { openMemory } from '@octavo/crsqlite/memory.ts';
import type { Scheduler } from '@octavo/rpc/port.ts';
import type { Sink } from '@octavo/rpc/serve.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LiveQueries } from './live-queries.ts';

/** A clock that stands still until the test moves it, and runs what is due then. */
class ManualTime implements Scheduler {
  now = 0;
  readonly #due: { at: number; run: () => void }[] = [];

  after(milliseconds: number, run: () => void): () => void {
    const entry = { at: this.now + milliseconds, run };
    this.#due.push(entry);
    return () => {
      const index = this.#due.indexOf(entry);
      if (index !== -1) this.#due.splice(index, 1);
    };
  }

  pass(milliseconds: number): void {
    const until = this.now + milliseconds;
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#due.splice(this.#due.indexOf(next), 1);
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = Math.max(this.now, until);
  }

  get waiting(): number {
    return this.#due.length;
  }
}

class Collected implements Sink<unknown> {
  readonly values: unknown[] = [];
  readonly errors: unknown[] = [];
  push = (value: unknown) => void this.values.push(value);
  fail = (error: unknown) => void this.errors.push(error);
}

let database: Database;
let time: ManualTime;
let live: LiveQueries;

beforeEach(async () => {
  database = await openMemory();
  database.exec(`
    CREATE TABLE book (isbn TEXT PRIMARY KEY, title TEXT) STRICT;
    CREATE TABLE note (id TEXT PRIMARY KEY) STRICT;
    CREATE TABLE octavo_peer (cursor INTEGER) STRICT;
    CREATE VIRTUAL TABLE found USING fts5(title);
  `);
  time = new ManualTime();
  live = new LiveQueries({ database, scheduler: time, now: () => time.now });
});

afterEach(() => {
  live.close();
  database.close();
});

const countBooks = (db: Database) => db.prepare('SELECT count(*) AS n FROM book').all();
const addBook = (isbn: string) => database.prepare('INSERT INTO book (isbn) VALUES (?)').run(isbn);

test('a query answers at once, and again after a commit that touched what it reads', () => {
  const books = new Collected();
  live.subscribe(countBooks, books);
  expect(books.values).toEqual([[{ n: 0 }]]);
  addBook('1');
  time.pass(100);
  expect(books.values).toEqual([[{ n: 0 }], [{ n: 1 }]]);
});

test('a commit elsewhere runs nothing', () => {
  let runs = 0;
  live.subscribe((db) => {
    runs += 1;
    return countBooks(db);
  }, new Collected());
  database.exec("INSERT INTO note (id) VALUES ('n')");
  time.pass(100);
  expect(runs).toBe(1);
});

test('a result that is the same is not told again', () => {
  const books = new Collected();
  addBook('1');
  live.subscribe(countBooks, books);
  database.exec("UPDATE book SET title = 'Emma'");
  time.pass(100);
  expect(books.values).toHaveLength(1);
});

test('many commits are one run, and runs keep their distance', () => {
  const books = new Collected();
  live.subscribe(countBooks, books);
  for (let index = 0; index < 20; index += 1) addBook(`a${index}`);
  time.pass(0);
  expect(books.values).toHaveLength(2);
  addBook('b');
  time.pass(49);
  expect(books.values).toHaveLength(2);
  time.pass(1);
  expect(books.values.at(-1)).toEqual([{ n: 21 }]);
});

test('queries that take long leave three quarters of the time to others', () => {
  let runs = 0;
  const slow = (db: Database) => {
    runs += 1;
    time.now += 100;
    return [...countBooks(db), runs];
  };
  live.subscribe(slow, new Collected());
  addBook('1');
  time.pass(0);
  addBook('2');
  time.pass(299);
  expect(runs).toBe(2);
  time.pass(1);
  expect(runs).toBe(3);
});

test('a round stops for other work and goes on behind it', () => {
  const order: string[] = [];
  for (const name of ['first', 'second']) {
    live.subscribe((db) => {
      order.push(name);
      time.now += 30;
      return countBooks(db);
    }, new Collected());
  }
  order.length = 0;
  addBook('1');
  const other = () => order.push('other');
  time.after(31, other);
  time.pass(200);
  expect(order).toEqual(['first', 'second', 'other']);
  expect(time.waiting).toBe(0);
});

test('the bookkeeping of replication is nobody’s result, even for a query of which the tables are not known', () => {
  let runs = 0;
  live.subscribe((db) => {
    runs += 1;
    return db.prepare('SELECT count(*) AS n FROM found').all();
  }, new Collected());
  database.exec('INSERT INTO octavo_peer VALUES (1)');
  time.pass(100);
  expect(runs).toBe(1);
  addBook('1');
  time.pass(100);
  expect(runs).toBe(2);
});

test('what a query writes itself, such as its index, does not run queries again', () => {
  let runs = 0;
  live.subscribe((db) => {
    runs += 1;
    db.prepare("INSERT INTO found (title) VALUES ('x')").run();
    return countBooks(db);
  }, new Collected());
  time.pass(1_000);
  expect(runs).toBe(1);
});

test('a query that fails says so, and answers again when it can', () => {
  const books = new Collected();
  let broken = true;
  live.subscribe((db) => {
    const result = countBooks(db);
    if (broken) throw new Error('not yet');
    return result;
  }, books);
  expect(books.errors).toHaveLength(1);
  broken = false;
  addBook('1');
  time.pass(100);
  expect(books.values).toEqual([[{ n: 1 }]]);
});

test('nothing comes after the end', () => {
  const books = new Collected();
  const stop = live.subscribe(countBooks, books);
  addBook('1');
  stop();
  time.pass(100);
  expect(books.values).toHaveLength(1);
});
