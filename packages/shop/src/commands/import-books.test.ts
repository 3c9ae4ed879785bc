import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messyStockList } from '../../test/messy-stock-list.ts';
import type { Replica } from '../../test/replica.ts';
import { head, openReplica } from '../../test/replica.ts';
import { openStockList } from '../import/stock-list.ts';
import { shopQueries as queries } from '../queries/registry.ts';
import type { ImportBooksResult } from './import-books.ts';
import { shopCommands as commands } from './registry.ts';

let shop: Replica;
beforeEach(async () => {
  shop = await openReplica('a');
});
afterEach(() => shop[Symbol.dispose]());

const BOOK = {
  isbn: '9780439023481',
  title: 'The Hunger Games',
  authors: 'Suzanne Collins',
  publisher: null,
  year: 2008,
  price: 1290,
  category: null,
};

function importList(csv: string): ImportBooksResult {
  const list = openStockList(new TextEncoder().encode(csv));
  const total: ImportBooksResult = { added: 0, updated: 0, unchanged: 0 };
  for (const { books } of list.read(list.mapping)) {
    const result = commands.importBooks.run(shop, { books: books.map(({ book }) => book) });
    total.added += result.added;
    total.updated += result.updated;
    total.unchanged += result.unchanged;
  }
  return total;
}

describe('importing a stock list', () => {
  const { csv, good } = messyStockList({ rows: 1200, seed: 11 });

  it('takes every good row', () => {
    expect(importList(csv)).toEqual({ added: good, updated: 0, unchanged: 0 });
    expect(queries.countBooks.run(shop.db, {})).toBe(good);
  });

  it('twice changes nothing and sends nothing', () => {
    importList(csv);
    const before = {
      head: head(shop.db),
      changes: shop.db.prepare('SELECT count(*) AS n FROM crsql_changes').get(),
    };
    expect(importList(csv)).toEqual({ added: 0, updated: 0, unchanged: good });
    expect({
      head: head(shop.db),
      changes: shop.db.prepare('SELECT count(*) AS n FROM crsql_changes').get(),
    }).toEqual(before);
  });

  it('writes only the fields that differ, and an empty field never overwrites', () => {
    commands.importBooks.run(shop, { books: [BOOK] });
    const before = head(shop.db);
    const books = [{ ...BOOK, title: null, authors: null, price: 1490, category: 'Teens' }];
    expect(commands.importBooks.run(shop, { books })).toEqual({ added: 0, updated: 1, unchanged: 0 });
    expect(queries.book.run(shop.db, { isbn: BOOK.isbn })).toMatchObject({
      title: 'The Hunger Games',
      authors: 'Suzanne Collins',
      price: 1490,
      category: 'Teens',
    });
    const cells = shop.db
      .prepare('SELECT cid FROM crsql_changes WHERE db_version > ? ORDER BY cid')
      .all(before);
    expect(cells.map(({ cid }) => cid)).toEqual(['category', 'price']);
  });

  it('refuses more than it can save at once, and writes nothing when one book is wrong', () => {
    const many = Array.from({ length: 501 }, () => BOOK);
    expect(() => commands.importBooks.run(shop, { books: many })).toThrow(/At most 500/u);
    expect(() => commands.importBooks.run(shop, { books: [BOOK, { ...BOOK, isbn: '123' }] })).toThrow(
      /not an ISBN/u,
    );
    expect(queries.countBooks.run(shop.db, {})).toBe(0);
  });
});
