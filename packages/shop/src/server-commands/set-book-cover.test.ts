import { afterEach, beforeEach, expect, it } from 'vitest';
import { head, openReplica, type Replica, rowsOf, sync } from '../../test/replica.ts';
import { shopCommands as commands } from '../commands/registry.ts';
import { shopQueries as queries } from '../queries/registry.ts';
import { setBookCover } from './set-book-cover.ts';

const ISBN = '9780439023481';
const RIGHT_ISBN = '9780439554930';
const ONE = '1'.repeat(64);
const TWO = '2'.repeat(64);

let server: Replica;

beforeEach(async () => {
  server = await openReplica('server');
  commands.saveBook.run(server, { isbn: ISBN, title: 'The Hunger Games' });
});
afterEach(() => server[Symbol.dispose]());

const give = (id: string, hash: string, baseVersion?: string, isbn = ISBN) =>
  setBookCover.run(
    { ...server, timeZone: 'UTC' },
    { id, payload: { isbn, hash, width: 300, height: 400 }, baseVersion },
  );
const cover = (of: Replica, isbn = ISBN) => queries.book.run(of.db, { isbn })?.cover;

it('a cover that a book was given is seen by everybody', async () => {
  using till = await openReplica('till');
  expect(cover(server)).toBeNull();
  expect(give('c1', ONE, '')).toEqual({
    outcome: 'done',
    result: { isbn: ISBN, hash: ONE, width: 300, height: 400 },
  });
  sync(server, till);
  expect(cover(till)).toBe(ONE);
});

it('of two that knew of none, the second hears of the first', () => {
  give('c1', ONE, '');
  expect(give('c2', TWO, '')).toMatchObject({ outcome: 'conflict', current: { isbn: ISBN, hash: ONE } });
  expect(give('c3', TWO, ONE)).toMatchObject({ outcome: 'done' });
  expect(give('c4', ONE)).toMatchObject({ outcome: 'done' });
  expect(cover(server)).toBe(ONE);
});

it('the same cover again is no conflict, and changes nothing of the book', () => {
  give('c1', ONE);
  const before = head(server.db);
  expect(give('c2', ONE, '')).toMatchObject({ outcome: 'done' });
  const changed = server.db
    .prepare('SELECT DISTINCT "table" FROM crsql_changes WHERE db_version > ?')
    .all(before);
  expect(changed).toEqual([{ table: 'command_receipt' }]);
});

it('a book that is not there, or was removed, cannot be given one', () => {
  expect(give('c1', ONE, undefined, RIGHT_ISBN)).toMatchObject({
    outcome: 'refused',
    error: { code: 'not-found', details: { kind: 'book' } },
  });
});

it('goes when its book goes', () => {
  give('c1', ONE);
  commands.removeBook.run(server, { isbn: ISBN });
  commands.saveBook.run(server, { isbn: ISBN, title: 'The Hunger Games' });
  expect(cover(server)).toBeNull();
});

it('goes along when the ISBN of its book is corrected', () => {
  give('c1', ONE);
  commands.correctIsbn.run(server, { from: ISBN, to: RIGHT_ISBN });
  expect(cover(server, RIGHT_ISBN)).toBe(ONE);
  expect(rowsOf(server.db, 'book_cover')).toHaveLength(1);
});
