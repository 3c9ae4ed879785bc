import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messyStockList } from '../../test/messy-stock-list.ts';
import type { Replica } from '../../test/replica.ts';
import { head, merge, openReplica } from '../../test/replica.ts';
import { shopCommands as commands } from '../commands/registry.ts';
import { openStockList } from '../import/stock-list.ts';
import { shopQueries as queries } from '../queries/registry.ts';
import { schema } from '../schema.ts';
import { searchTerms } from './match.ts';
import { FLUSH_IN_SEARCH, countDirty, refreshSearchIndex } from './refresh.ts';

let shop: Replica;
beforeEach(async () => {
  shop = await openReplica('a');
});
afterEach(() => shop[Symbol.dispose]());

const SHELF = [
  { isbn: '9780439023481', title: 'The Hunger Games', authors: 'Suzanne Collins', publisher: 'Scholastic' },
  {
    isbn: '9780439554930',
    title: 'Harry Potter',
    authors: 'J.K. Rowling, Mary GrandPré',
    publisher: 'Scholastic',
  },
  { isbn: '9783518188019', title: 'Straße nach Łódź', authors: 'Søren Müller', publisher: 'Suhrkamp' },
  { isbn: '9788806219451', title: 'La città', authors: 'Elena Ferrante', publisher: 'Edizioni e/o' },
];

function fill(): void {
  for (const book of SHELF) commands.saveBook.run(shop, book);
}

function find(text: string, db = shop.db): (string | null)[] {
  return queries.searchBooks.run(db, { text, limit: 100 }).map(({ title }) => title);
}

/** Makes so many books dirty that a search does not index them itself. */
function importMany(rows: number, seed = 3): void {
  const list = openStockList(new TextEncoder().encode(messyStockList({ rows, seed }).csv));
  for (const { books } of list.read(list.mapping)) {
    commands.importBooks.run(shop, { books: books.map(({ book }) => book) });
  }
}

const CASES: [string, string[]][] = [
  ['hunger', ['The Hunger Games']],
  ['HUNG', ['The Hunger Games']],
  ['games hunger', ['The Hunger Games']],
  ['grandpre', ['Harry Potter']],
  ['GRANDPRÉ', ['Harry Potter']],
  ['potter scholastic', ['Harry Potter']],
  ['strasse', ['Straße nach Łódź']],
  ['Lodz', ['Straße nach Łódź']],
  ['soren mueller', []],
  ['soren muller', ['Straße nach Łódź']],
  ['citta', ['La città']],
  ['ferrante e/o', ['La città']],
  ['9780439023481', ['The Hunger Games']],
  ['978-0-439-02348-1', ['The Hunger Games']],
  ['0-439-02348-3', ['The Hunger Games']],
  ['978043902', ['The Hunger Games']],
  ['043955', ['Harry Potter']],
  ['0-439-55', ['Harry Potter']],
  ['978-88', ['La città']],
  ['potte harry', []],
  ['nothing like it', []],
  ['"hunger" OR (NOT *', []],
];

describe('searching', () => {
  it.each(CASES)('%j finds %j', (text, titles) => {
    fill();
    expect(find(text)).toEqual(titles);
    expect(queries.countBooks.run(shop.db, { text })).toBe(titles.length);
  });

  it.each(CASES)('%j finds the same while the index is far behind', (text, titles) => {
    importMany(FLUSH_IN_SEARCH + 200);
    fill();
    const own = SHELF.map(({ title }) => title);
    const mine = (found: (string | null)[]): (string | null)[] =>
      found.filter((title) => own.includes(title ?? ''));
    expect(countDirty(shop.db)).toBeGreaterThan(FLUSH_IN_SEARCH);
    expect(mine(find(text))).toEqual(titles);
    expect(countDirty(shop.db)).toBeGreaterThan(FLUSH_IN_SEARCH);
    const before = queries.countBooks.run(shop.db, { text });
    refreshSearchIndex(shop.db, { limit: 100_000 });
    expect(mine(find(text))).toEqual(titles);
    expect(queries.countBooks.run(shop.db, { text })).toBe(before);
  });

  it('without a text lists all books by title', () => {
    fill();
    expect(find('')).toEqual(['Harry Potter', 'La città', 'Straße nach Łódź', 'The Hunger Games']);
    expect(find(' - ')).toHaveLength(4);
  });

  it('pages through all matches without repeating or missing one, in every order', () => {
    importMany(600);
    for (const text of ['', 'the', 'garden', 'the silent']) {
      const count = queries.countBooks.run(shop.db, { text });
      for (const by of ['relevance', 'title', 'authors', 'publisher', 'year', 'price', 'isbn'] as const) {
        for (const descending of [false, true]) {
          const seen = new Set<string>();
          for (let offset = 0; offset < count; offset += 97) {
            const page = queries.searchBooks.run(shop.db, {
              text,
              offset,
              limit: 97,
              sort: { by, descending },
            });
            for (const { isbn } of page) seen.add(isbn);
          }
          expect(seen.size).toBe(count);
        }
      }
    }
  });

  it('puts a title that is the text before one that only mentions it', () => {
    for (let index = 0; index < 20; index += 1) importMany(10, 50 + index);
    commands.saveBook.run(shop, { isbn: '9780439023481', title: 'Moby Dick' });
    commands.saveBook.run(shop, {
      isbn: '9780439554930',
      title:
        'Everything that was ever written about the whale in the novel that Herman Melville called Moby Dick',
    });
    expect(find('moby dick')[0]).toBe('Moby Dick');
  });

  it('sorts stock too', () => {
    fill();
    const { id } = commands.createWarehouse.run(shop, { name: 'Shop' });
    const note = commands.createInboundNote.run(shop, { warehouseId: id });
    for (const { isbn } of SHELF) commands.addLine.run(shop, { noteId: note.id, isbn });
    commands.commitNote.run(shop, { id: note.id });
    expect(queries.stock.run(shop.db, { text: 'scholastic', limit: 10 }).map(({ title }) => title)).toEqual([
      'Harry Potter',
      'The Hunger Games',
    ]);
    expect(queries.countStock.run(shop.db, { text: 'scholastic', warehouseId: id })).toBe(2);
  });
});

describe('the index', () => {
  it('follows edits and removals, own and merged', async () => {
    using other = await openReplica('b');
    fill();
    merge(shop.db, other.db);
    expect(find('hunger', other.db)).toHaveLength(1);
    commands.saveBook.run(shop, { isbn: '9780439023481', title: 'Die Tribute von Panem' });
    commands.removeBook.run(shop, { isbn: '9780439554930' });
    for (const { db } of [shop, other]) {
      if (db === other.db) merge(shop.db, db);
      expect(find('hunger', db)).toEqual([]);
      expect(find('panem', db)).toEqual(['Die Tribute von Panem']);
      expect(find('potter', db)).toEqual([]);
      expect(queries.countBooks.run(db, { text: 'scholastic' })).toBe(1);
    }
  });

  it('is not touched by fields that nobody searches for', () => {
    fill();
    refreshSearchIndex(shop.db, { limit: 100 });
    commands.saveBook.run(shop, { isbn: '9780439023481', price: 990, year: 2008, category: 'Teens' });
    expect(countDirty(shop.db)).toBe(0);
  });

  it('is local: building it is no change for anybody', () => {
    fill();
    const before = head(shop.db);
    refreshSearchIndex(shop.db, { limit: 100 });
    expect(head(shop.db)).toBe(before);
  });

  it('is built in slices', () => {
    importMany(500);
    const dirty = countDirty(shop.db);
    expect(refreshSearchIndex(shop.db, { limit: 100 })).toEqual({ remaining: dirty - 100 });
    while (refreshSearchIndex(shop.db, { limit: 100 }).remaining > 0);
    expect(countDirty(shop.db)).toBe(0);
    expect(refreshSearchIndex(shop.db, { limit: 100 })).toEqual({ remaining: 0 });
  });

  it('survives VACUUM, which renumbers rows', () => {
    importMany(300);
    fill();
    commands.removeBook.run(shop, { isbn: '9780439554930' });
    expect(find('hunger')).toEqual(['The Hunger Games']);
    shop.db.exec("DELETE FROM book WHERE title LIKE 'The Silent%'; VACUUM");
    expect(find('hunger')).toEqual(['The Hunger Games']);
    expect(find('lodz')).toEqual(['Straße nach Łódź']);
    expect(find('silent')).toEqual([]);
  });

  it('is made again when a file comes without it, as a snapshot does', () => {
    fill();
    expect(find('hunger')).toHaveLength(1);
    shop.db.exec('DROP TABLE book_search; DROP TABLE search_dirty');
    schema.migrate(shop.db);
    expect(find('hunger')).toHaveLength(1);
    expect(find('')).toHaveLength(4);
  });
});

describe('a search text', () => {
  it('of signs only asks for nothing in particular', () => {
    expect(searchTerms('')).toBeUndefined();
    expect(searchTerms(' "*-() ')).toBeUndefined();
  });
});
