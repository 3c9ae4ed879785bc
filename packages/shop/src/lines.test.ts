import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Replica } from '../test/replica.ts';
import { merge, openReplica, reopened, sync } from '../test/replica.ts';
import type { ShopContext } from './context.ts';
import { shopCommands as commands } from './commands/registry.ts';
import type { NoteLine } from './queries/notes.ts';
import { shopQueries as queries } from './queries/registry.ts';

const ISBN = '9780439023481';
const OTHER = '9780439554930';

let a: Replica;
let b: Replica;
let noteId: string;
let shopId: string;

beforeEach(async () => {
  a = await openReplica('a');
  b = await openReplica('b');
  commands.saveBook.run(a, { isbn: ISBN, title: 'The Hunger Games', price: 1290 });
  shopId = commands.createWarehouse.run(a, { name: 'Shop', discount: 1000 }).id;
  noteId = commands.createOutboundNote.run(a, {}).id;
  sync(a, b);
});

afterEach(() => {
  a[Symbol.dispose]();
  b[Symbol.dispose]();
});

function lines(shop: ShopContext, id = noteId): NoteLine[] {
  return queries.note.run(shop.db, { id })?.lines ?? [];
}

/** Both replicas know the same and show these quantities. */
function expectBoth(...quantities: number[]): void {
  for (const replica of [a, b]) expect(lines(replica).map(({ quantity }) => quantity)).toEqual(quantities);
}

describe('two tills apart', () => {
  it('scanning the same book into the same note lose no copy', () => {
    commands.addLine.run(a, { noteId, isbn: ISBN });
    commands.addLine.run(a, { noteId, isbn: ISBN });
    commands.addLine.run(b, { noteId, isbn: ISBN });
    sync(a, b);
    expectBoth(3);
  });

  it('scanning on in a line that both had keep both scans', () => {
    commands.addLine.run(a, { noteId, isbn: ISBN, quantity: 5 });
    sync(a, b);
    commands.addLine.run(a, { noteId, isbn: ISBN });
    commands.addLine.run(b, { noteId, isbn: ISBN });
    sync(a, b);
    expectBoth(7);
  });

  it('one removing the line while the other scans: the scanned copy survives', () => {
    commands.addLine.run(a, { noteId, isbn: ISBN, quantity: 2 });
    sync(a, b);
    commands.removeLine.run(b, { noteId, isbn: ISBN });
    commands.addLine.run(a, { noteId, isbn: ISBN });
    sync(a, b);
    expectBoth(1);
  });

  it('one setting the quantity while the other scans: the scan is added to it', () => {
    commands.addLine.run(a, { noteId, isbn: ISBN, quantity: 2 });
    sync(a, b);
    commands.setLineQuantity.run(b, { noteId, isbn: ISBN, quantity: 10 });
    commands.addLine.run(a, { noteId, isbn: ISBN });
    sync(a, b);
    expectBoth(11);
  });

  it('both removing the same line leave none, not a negative one, and the next scan counts from none', () => {
    commands.addLine.run(a, { noteId, isbn: ISBN, quantity: 3 });
    sync(a, b);
    commands.removeLine.run(a, { noteId, isbn: ISBN });
    commands.removeLine.run(b, { noteId, isbn: ISBN });
    sync(a, b);
    expectBoth();
    expect(queries.attention.run(a.db, {})).toMatchObject([
      { what: 'counted-twice', isbn: ISBN, quantity: -3 },
    ]);
    commands.addLine.run(b, { noteId, isbn: ISBN });
    sync(a, b);
    expectBoth(1);
    expect(queries.attention.run(a.db, {})).toEqual([]);
  });

  it('the same copies assigned to two warehouses show up as a task', () => {
    const store = commands.createWarehouse.run(a, { name: 'Store' }).id;
    commands.addLine.run(a, { noteId, isbn: ISBN, quantity: 2 });
    sync(a, b);
    commands.assignWarehouse.run(a, { noteId, isbn: ISBN, toWarehouseId: shopId });
    commands.assignWarehouse.run(b, { noteId, isbn: ISBN, toWarehouseId: store });
    sync(a, b);
    expectBoth(2, 2);
    expect(queries.attention.run(a.db, {})).toMatchObject([
      { what: 'counted-twice', warehouseId: '', quantity: -2 },
    ]);
  });

  it('one removing the note while the other scans: the copy is not gone without a trace', () => {
    commands.addLine.run(b, { noteId, isbn: ISBN });
    sync(a, b);
    commands.removeNote.run(a, { id: noteId });
    commands.addLine.run(b, { noteId, isbn: ISBN });
    commands.addLine.run(b, { noteId, isbn: OTHER });
    sync(a, b);
    for (const replica of [a, b]) {
      expect(queries.note.run(replica.db, { id: noteId })).toBeNull();
      expect(queries.attention.run(replica.db, {})).toMatchObject([
        { what: 'note-removed', isbn: OTHER, quantity: 1 },
        { what: 'note-removed', isbn: ISBN, quantity: 1 },
      ]);
    }
  });

  it('lines that arrive in a note after its commit count', () => {
    const inbound = commands.createInboundNote.run(a, { warehouseId: shopId }).id;
    commands.addLine.run(a, { noteId: inbound, isbn: ISBN, quantity: 2 });
    sync(a, b);
    commands.commitNote.run(a, { id: inbound });
    commands.addLine.run(b, { noteId: inbound, isbn: ISBN });
    sync(a, b);
    for (const replica of [a, b])
      expect(queries.book.run(replica.db, { isbn: ISBN })?.stock[0]?.quantity).toBe(3);
  });

  it('a line made apart at two prices says so, and one person settles it', () => {
    commands.saveBook.run(b, { isbn: ISBN, price: 1490 });
    commands.addLine.run(a, { noteId, isbn: ISBN });
    commands.addLine.run(b, { noteId, isbn: ISBN });
    sync(a, b);
    expect(lines(a)).toMatchObject([{ quantity: 2, price: 1490, pricesDiffer: true }]);
    commands.setLinePrice.run(a, { noteId, isbn: ISBN, price: 1290 });
    sync(a, b);
    expect(lines(b)).toMatchObject([{ quantity: 2, price: 1290, pricesDiffer: false }]);
  });
});

describe('one till', () => {
  it('opened again writes rows of its own and the line is still one line', () => {
    commands.addLine.run(a, { noteId, isbn: ISBN });
    const later = reopened(a, 'later');
    commands.addLine.run(later, { noteId, isbn: ISBN });
    expect(lines(a)).toMatchObject([{ quantity: 2 }]);
    expect(a.db.prepare('SELECT opening, quantity FROM note_line ORDER BY opening').all()).toEqual([
      { opening: 'opening-a', quantity: 1 },
      { opening: 'opening-later', quantity: 1 },
    ]);
    commands.removeLine.run(later, { noteId, isbn: ISBN });
    expect(lines(a)).toEqual([]);
  });

  it('keeps the price and discount a line was made with', () => {
    commands.addLine.run(a, { noteId, isbn: ISBN, warehouseId: shopId });
    commands.saveBook.run(a, { isbn: ISBN, price: 9900 });
    commands.setWarehouseDiscount.run(a, { id: shopId, discount: 5000 });
    expect(lines(a)).toMatchObject([{ price: 1290, discount: 1000 }]);
    commands.addLine.run(reopened(a, 'later'), { noteId, isbn: ISBN, warehouseId: shopId });
    expect(lines(a)).toMatchObject([{ quantity: 2, price: 1290, discount: 1000, pricesDiffer: false }]);
  });

  it('splits a line between warehouses; the discount becomes the warehouse’s', () => {
    const store = commands.createWarehouse.run(a, { name: 'Store', discount: 2500 }).id;
    commands.addLine.run(a, { noteId, isbn: ISBN, quantity: 5 });
    commands.assignWarehouse.run(a, { noteId, isbn: ISBN, toWarehouseId: store, quantity: 2 });
    commands.assignWarehouse.run(a, { noteId, isbn: ISBN, toWarehouseId: shopId });
    expect(lines(a)).toMatchObject([
      { warehouseId: store, quantity: 2, price: 1290, discount: 2500 },
      { warehouseId: shopId, quantity: 3, price: 1290, discount: 1000 },
    ]);
  });

  it('writes nothing when the quantity, price or discount is what it was', () => {
    commands.addLine.run(a, { noteId, isbn: ISBN, quantity: 2 });
    const before = merge(a.db, b.db);
    commands.setLineQuantity.run(a, { noteId, isbn: ISBN, quantity: 2 });
    commands.setLinePrice.run(a, { noteId, isbn: ISBN, price: 1290 });
    commands.setLineDiscount.run(a, { noteId, isbn: ISBN, discount: null });
    expect(merge(a.db, b.db)).toBe(before);
  });

  it('makes a bare book for an unknown ISBN, read as ISBN-10 with hyphens', () => {
    expect(commands.addLine.run(a, { noteId, isbn: '0-439-55493-4' })).toMatchObject({
      isbn: OTHER,
      quantity: 1,
    });
    expect(queries.book.run(a.db, { isbn: OTHER })).toMatchObject({ isbn: OTHER, title: null });
    expect(() => commands.addLine.run(a, { noteId, isbn: '0439554935' })).toThrow(/check digit/u);
    expect(() => commands.addLine.run(a, { noteId, isbn: 'a jar of honey' })).toThrow(/not an ISBN/u);
  });

  it('refuses to remove, set or price a line that is not there', () => {
    expect(() => commands.removeLine.run(a, { noteId, isbn: OTHER })).toThrow(/does not exist any more/u);
    expect(() => commands.setLineQuantity.run(a, { noteId, isbn: OTHER, quantity: 1 })).toThrow(
      /does not exist/u,
    );
  });
});
