import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Replica } from '../../test/replica.ts';
import { head, openReplica, sync } from '../../test/replica.ts';
import { ShopError } from '../errors.ts';
import { shopQueries as queries } from '../queries/registry.ts';
import { runShopQuery } from '../queries/registry.ts';
import { runShopCommand, shopCommands as commands } from './registry.ts';

const ISBN = '9780439023481';
const OTHER = '9780439554930';

let shop: Replica;
beforeEach(async () => {
  shop = await openReplica('a');
});
afterEach(() => shop[Symbol.dispose]());

/** Runs something that must throw a ShopError and returns it as a plain value. */
function refusal(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    if (error instanceof ShopError) return error.value;
    throw error;
  }
  throw new Error('It was not refused.');
}

describe('books', () => {
  it('are keyed by ISBN-13 whatever form was typed', () => {
    expect(commands.saveBook.run(shop, { isbn: '0-439-02348-3', title: ' Title ' })).toEqual({
      outcome: 'added',
    });
    expect(queries.book.run(shop.db, { isbn: ISBN })).toMatchObject({ isbn: ISBN, title: 'Title' });
  });

  it('saved unchanged are no change for anybody', () => {
    const book = { isbn: ISBN, title: 'T', authors: null, year: 2008, price: 1290, outOfPrint: true };
    commands.saveBook.run(shop, book);
    const before = head(shop.db);
    expect(commands.saveBook.run(shop, book)).toEqual({ outcome: 'unchanged' });
    expect(commands.saveBook.run(shop, { isbn: ISBN, publisher: ' ' })).toEqual({ outcome: 'unchanged' });
    expect(head(shop.db)).toBe(before);
  });

  it('edited apart in different fields keep both edits', async () => {
    using other = await openReplica('b');
    commands.saveBook.run(shop, { isbn: ISBN, title: 'T', price: 1 });
    sync(shop, other);
    commands.saveBook.run(shop, { isbn: ISBN, title: 'New title', price: 1 });
    commands.saveBook.run(other, { isbn: ISBN, title: 'T', price: 2 });
    sync(shop, other);
    for (const { db } of [shop, other]) {
      expect(queries.book.run(db, { isbn: ISBN })).toMatchObject({ title: 'New title', price: 2 });
    }
  });

  it('are removed only when no line mentions them', () => {
    const { id } = commands.createOutboundNote.run(shop, {});
    commands.addLine.run(shop, { noteId: id, isbn: ISBN });
    expect(refusal(() => commands.removeBook.run(shop, { isbn: ISBN }))).toMatchObject({
      code: 'in-use',
      details: { kind: 'book', uses: 1 },
    });
    commands.removeLine.run(shop, { noteId: id, isbn: ISBN });
    commands.removeBook.run(shop, { isbn: ISBN });
    expect(queries.book.run(shop.db, { isbn: ISBN })).toBeNull();
  });

  it('with a wrong ISBN are corrected: the right one takes fields and copies, everywhere', async () => {
    using other = await openReplica('b');
    const { id: warehouseId } = commands.createWarehouse.run(shop, { name: 'Shop' });
    const { id: noteId } = commands.createInboundNote.run(shop, { warehouseId });
    commands.saveBook.run(shop, { isbn: ISBN, title: 'Wrong ISBN', price: 500 });
    commands.saveBook.run(shop, { isbn: OTHER, title: 'Right ISBN' });
    commands.addLine.run(shop, { noteId, isbn: ISBN, quantity: 3 });
    commands.addLine.run(shop, { noteId, isbn: OTHER, quantity: 1 });
    commands.commitNote.run(shop, { id: noteId });
    sync(shop, other);
    commands.correctIsbn.run(other, { from: ISBN, to: '0439554934' });
    sync(shop, other);
    for (const { db } of [shop, other]) {
      expect(queries.book.run(db, { isbn: ISBN })).toBeNull();
      expect(queries.book.run(db, { isbn: OTHER })).toMatchObject({
        title: 'Right ISBN',
        price: 500,
        stock: [{ quantity: 4 }],
      });
      expect(queries.countStock.run(db, {})).toBe(1);
    }
  });
});

describe('warehouses', () => {
  it('count titles, copies and value of what is in them', () => {
    const { id } = commands.createWarehouse.run(shop, { name: 'Shop', discount: 500 });
    commands.renameWarehouse.run(shop, { id, name: 'Front' });
    commands.saveBook.run(shop, { isbn: ISBN, price: 1290 });
    const note = commands.createInboundNote.run(shop, { warehouseId: id });
    commands.addLine.run(shop, { noteId: note.id, isbn: ISBN, quantity: 4 });
    commands.addLine.run(shop, { noteId: note.id, isbn: OTHER, quantity: 1 });
    expect(queries.warehouses.run(shop.db, {})).toMatchObject([
      { name: 'Front', titles: 0, copies: 0, value: 0 },
    ]);
    commands.commitNote.run(shop, { id: note.id });
    expect(queries.warehouses.run(shop.db, {})).toMatchObject([
      { id, name: 'Front', discount: 500, titles: 2, copies: 5, value: 5160 },
    ]);
  });

  it('are removed only while unused', () => {
    const { id } = commands.createWarehouse.run(shop, { name: 'Shop' });
    const note = commands.createInboundNote.run(shop, { warehouseId: id });
    expect(refusal(() => commands.removeWarehouse.run(shop, { id }))).toMatchObject({ code: 'in-use' });
    commands.removeNote.run(shop, { id: note.id });
    commands.removeWarehouse.run(shop, { id });
    expect(queries.warehouses.run(shop.db, {})).toEqual([]);
  });
});

describe('notes', () => {
  let warehouseId: string;
  beforeEach(() => {
    warehouseId = commands.createWarehouse.run(shop, { name: 'Shop', discount: 1000 }).id;
  });

  function receive(quantity: number): string {
    const { id } = commands.createInboundNote.run(shop, { warehouseId });
    commands.addLine.run(shop, { noteId: id, isbn: ISBN, quantity });
    commands.commitNote.run(shop, { id });
    return id;
  }

  function sale(quantity: number): string {
    const { id } = commands.createOutboundNote.run(shop, { warehouseId });
    commands.addLine.run(shop, { noteId: id, isbn: ISBN, quantity });
    return id;
  }

  it('enter the stock when committed and are history from then on', () => {
    const id = receive(3);
    expect(queries.stock.run(shop.db, { limit: 10 })).toMatchObject([
      { isbn: ISBN, warehouseId, quantity: 3 },
    ]);
    expect(refusal(() => commands.addLine.run(shop, { noteId: id, isbn: ISBN }))).toMatchObject({
      code: 'note-committed',
    });
    expect(refusal(() => commands.removeNote.run(shop, { id }))).toMatchObject({ code: 'note-committed' });
    commands.renameNote.run(shop, { id, name: 'Delivery' });
    expect(queries.notes.run(shop.db, { kind: 'inbound', committed: true })).toMatchObject([
      { id, name: 'Delivery', titles: 1, copies: 3 },
    ]);
    expect(queries.notes.run(shop.db, { committed: false })).toEqual([]);
  });

  it('with nothing in them are not committed', () => {
    const { id } = commands.createOutboundNote.run(shop, {});
    expect(refusal(() => commands.commitNote.run(shop, { id }))).toMatchObject({ code: 'note-empty' });
  });

  it('selling from no warehouse are refused with the lines', () => {
    const { id } = commands.createOutboundNote.run(shop, {});
    commands.addLine.run(shop, { noteId: id, isbn: ISBN, quantity: 2 });
    expect(refusal(() => commands.commitNote.run(shop, { id, force: true }))).toMatchObject({
      code: 'lines-without-warehouse',
      details: { noteId: id, lines: [{ isbn: ISBN, quantity: 2 }] },
    });
  });

  it('selling more than there is are held back with the shortages, until forced; then the lack is visible', () => {
    receive(1);
    const id = sale(4);
    expect(commands.commitNote.run(shop, { id })).toEqual({
      outcome: 'shortage',
      shortages: [{ isbn: ISBN, title: null, warehouseId, warehouseName: 'Shop', wanted: 4, available: 1 }],
    });
    expect(queries.note.run(shop.db, { id })?.committedAt).toBeNull();
    expect(commands.commitNote.run(shop, { id, force: true })).toMatchObject({ outcome: 'committed' });
    expect(queries.attention.run(shop.db, {})).toMatchObject([
      { what: 'negative-stock', isbn: ISBN, quantity: -3 },
    ]);
    expect(queries.dashboard.run(shop.db, {})).toMatchObject({
      copiesInStock: -3,
      tasks: 1,
      openOutbound: 0,
    });
  });

  it('selling the last copy on two tills apart end in a visible negative stock, not in a lost sale', async () => {
    using other = await openReplica('b');
    receive(1);
    sync(shop, other);
    const here = sale(1);
    const { id: there } = commands.createOutboundNote.run(other, { warehouseId });
    commands.addLine.run(other, { noteId: there, isbn: ISBN });
    expect(commands.commitNote.run(shop, { id: here })).toMatchObject({ outcome: 'committed' });
    expect(commands.commitNote.run(other, { id: there })).toMatchObject({ outcome: 'committed' });
    sync(shop, other);
    for (const { db } of [shop, other]) {
      expect(queries.attention.run(db, {})).toMatchObject([{ what: 'negative-stock', quantity: -1 }]);
    }
  });

  it('selling a book that one warehouse has take it from there; from several, somebody chooses', () => {
    receive(2);
    const { id } = commands.createOutboundNote.run(shop, {});
    const scan = () => commands.addLine.run(shop, { noteId: id, isbn: ISBN });
    expect([scan(), scan(), scan()]).toMatchObject([
      { warehouseId, quantity: 1 },
      { warehouseId, quantity: 2 },
      { warehouseId: '', quantity: 1 },
    ]);
    const store = commands.createWarehouse.run(shop, { name: 'Store' }).id;
    const delivery = commands.createInboundNote.run(shop, { warehouseId: store }).id;
    commands.addLine.run(shop, { noteId: delivery, isbn: ISBN, quantity: 5 });
    commands.commitNote.run(shop, { id: delivery });
    const other = commands.createOutboundNote.run(shop, {}).id;
    expect(commands.addLine.run(shop, { noteId: other, isbn: ISBN })).toMatchObject({ warehouseId: '' });
  });

  it('exactly sold out leave no stock row', () => {
    receive(2);
    commands.commitNote.run(shop, { id: sale(2) });
    expect(queries.stock.run(shop.db, { limit: 10 })).toEqual([]);
    expect(queries.countStock.run(shop.db, { warehouseId })).toBe(0);
  });
});

describe('the boundary', () => {
  it('refuses input of the wrong form with a message per field and writes nothing', () => {
    expect(
      refusal(() => runShopCommand(shop, 'saveBook', { isbn: '123', price: 1.5, year: 'soon' })),
    ).toMatchObject({
      code: 'invalid-input',
      details: { issues: [{ path: 'isbn' }, { path: 'year' }, { path: 'price' }] },
    });
    expect(queries.countBooks.run(shop.db, {})).toBe(0);
  });

  it('knows its names only', () => {
    expect(refusal(() => runShopCommand(shop, 'toString', {}))).toMatchObject({ code: 'unknown-name' });
    expect(refusal(() => runShopQuery(shop.db, 'constructor', {}))).toMatchObject({ code: 'unknown-name' });
    expect(runShopQuery(shop.db, 'countBooks', {})).toBe(0);
  });

  it('tells what is gone', () => {
    for (const run of [
      () => commands.removeBook.run(shop, { isbn: ISBN }),
      () => commands.addLine.run(shop, { noteId: 'gone', isbn: ISBN }),
      () => commands.createInboundNote.run(shop, { warehouseId: 'gone' }),
      () => commands.renameNote.run(shop, { id: 'gone', name: 'x' }),
    ]) {
      expect(refusal(run)).toMatchObject({ code: 'not-found' });
    }
  });
});
