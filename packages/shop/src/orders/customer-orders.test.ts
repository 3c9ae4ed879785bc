import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { head, openReplica, type Replica, sync } from '../../test/replica.ts';
import { shopCommands as commands } from '../commands/registry.ts';
import { ShopError } from '../errors.ts';
import { shopQueries as queries } from '../queries/registry.ts';

const ISBN = '9780439023481';
const OTHER = '9780439554930';

let a: Replica;
let b: Replica;
let ada: string;

beforeEach(async () => {
  a = await openReplica('a');
  b = await openReplica('b');
  commands.saveBook.run(a, { isbn: ISBN, title: 'The Hunger Games', publisher: 'Scholastic', price: 1290 });
  ada = commands.createCustomer.run(a, { name: 'Ada Lovelace', phone: '+49 170 12345' }).id;
  sync(a, b);
});
afterEach(() => {
  a[Symbol.dispose]();
  b[Symbol.dispose]();
});

const lines = (shop: Replica, id = ada) => queries.customer.run(shop.db, { id })?.lines ?? [];
const order = (shop: Replica, quantity = 1, isbn = ISBN) =>
  commands.addOrderLine.run(shop, { customerId: ada, isbn, quantity }).id;

function code(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof ShopError) return error.code;
    throw error;
  }
  return undefined;
}

describe('customers', () => {
  it('are found by the beginnings of words of name, address and number, marks and case aside', () => {
    commands.createCustomer.run(a, { name: 'Zoë Müller', email: 'zoe@example.org' });
    const found = (text: string) =>
      queries.searchCustomers.run(a.db, { text, limit: 10 }).map(({ name }) => name);
    expect(found('')).toEqual(['Ada Lovelace', 'Zoë Müller']);
    expect(found('muller zoe')).toEqual(['Zoë Müller']);
    expect(found('zoe@ex')).toEqual(['Zoë Müller']);
    expect(found('4917012')).toEqual(['Ada Lovelace']);
    expect(found('nobody')).toEqual([]);
    expect(queries.countCustomers.run(a.db, { text: 'ADA' })).toBe(1);
    expect(queries.searchCustomers.run(a.db, { offset: 1, limit: 1 })).toMatchObject([
      { name: 'Zoë Müller' },
    ]);
  });

  it('edited apart in different fields keep both edits; a form saved unchanged is no change', () => {
    commands.editCustomer.run(a, { id: ada, name: 'Ada King' });
    commands.editCustomer.run(b, { id: ada, email: 'ada@example.org' });
    sync(a, b);
    for (const { db } of [a, b]) {
      expect(queries.customer.run(db, { id: ada })).toMatchObject({
        name: 'Ada King',
        email: 'ada@example.org',
      });
    }
    const before = head(a.db);
    commands.editCustomer.run(a, { id: ada, name: 'Ada King', note: ' ' });
    expect(head(a.db)).toBe(before);
    expect(code(() => commands.editCustomer.run(a, { id: ada, email: 'nowhere' }))).toBe('invalid-input');
  });

  it('are removed when they wait for nothing, and come back with what they had collected', () => {
    const id = order(a);
    expect(code(() => commands.removeCustomer.run(a, { id: ada }))).toBe('in-use');
    commands.markReceived.run(a, { ids: [id] });
    commands.markCollected.run(a, { ids: [id] });
    commands.removeCustomer.run(a, { id: ada });
    expect(queries.customer.run(a.db, { id: ada })).toBeNull();
    commands.createCustomer.run(a, { id: ada, name: 'Ada Lovelace' });
    sync(a, b);
    expect(queries.customer.run(b.db, { id: ada })).toMatchObject({
      name: 'Ada Lovelace',
      lines: [{ id, state: 'collected' }],
    });
  });

  it('removed while somebody orders for them leave a task and nothing is bought for nobody', () => {
    commands.removeCustomer.run(a, { id: ada });
    const id = order(b);
    sync(a, b);
    for (const { db } of [a, b]) {
      expect(queries.orderTasks.run(db, {})).toMatchObject([{ what: 'customer-removed', id }]);
      expect(queries.dashboard.run(db, {}).tasks).toBe(1);
      expect(queries.needs.run(db, {})).toEqual([]);
    }
  });
});

describe('lines of an order', () => {
  it('are one each, however often the same book is wanted', () => {
    order(a);
    order(b);
    sync(a, b);
    expect(lines(a)).toHaveLength(2);
    expect(lines(b)).toEqual(lines(a));
    expect(queries.searchCustomers.run(a.db, { limit: 1 })).toMatchObject([{ pending: 2 }]);
  });

  it('go through their states, and each step can be undone', () => {
    const id = order(a, 2);
    const state = () => lines(a)[0]?.state;
    commands.setOrderLineQuantity.run(a, { id, quantity: 3 });
    expect(lines(a)).toMatchObject([{ state: 'pending', quantity: 3 }]);
    expect(code(() => commands.markCollected.run(a, { ids: [id] }))).toBe('order-line-state');
    commands.markReceived.run(a, { ids: [id] });
    expect(state()).toBe('received');
    for (const refused of [
      () => commands.setOrderLineQuantity.run(a, { id, quantity: 1 }),
      () => commands.removeOrderLine.run(a, { id }),
    ])
      expect(code(refused)).toBe('order-line-state');
    commands.markCollected.run(a, { ids: [id] });
    expect(state()).toBe('collected');
    expect(code(() => commands.unmarkReceived.run(a, { ids: [id] }))).toBe('order-line-state');
    commands.unmarkCollected.run(a, { ids: [id] });
    expect(state()).toBe('received');
    commands.unmarkReceived.run(a, { ids: [id] });
    expect(state()).toBe('pending');
    commands.removeOrderLine.run(a, { id });
    expect(lines(a)).toEqual([]);
    commands.restoreOrderLine.run(a, { id });
    expect(lines(a)).toMatchObject([{ id, state: 'pending', quantity: 3 }]);
  });

  it('collected here and received there are collected: no step overwrites another', () => {
    const id = order(a);
    sync(a, b);
    commands.markReceived.run(a, { ids: [id] });
    commands.markReceived.run(b, { ids: [id] });
    commands.markCollected.run(a, { ids: [id] });
    sync(a, b);
    commands.markReceived.run(b, { ids: [id] });
    sync(a, b);
    for (const shop of [a, b]) expect(lines(shop)).toMatchObject([{ state: 'collected' }]);
  });

  it('all or none are received', () => {
    const id = order(a);
    expect(code(() => commands.markReceived.run(a, { ids: [id, 'gone'] }))).toBe('not-found');
    expect(lines(a)).toMatchObject([{ state: 'pending' }]);
  });

  it('keep their book in the shop, and follow it to its right ISBN', () => {
    order(a);
    expect(code(() => commands.removeBook.run(a, { isbn: ISBN }))).toBe('in-use');
    commands.correctIsbn.run(a, { from: ISBN, to: OTHER });
    expect(lines(a)).toMatchObject([{ isbn: OTHER, title: 'The Hunger Games' }]);
  });

  it('say what is in stock', () => {
    const { id: warehouseId } = commands.createWarehouse.run(a, { name: 'Shop' });
    const { id: noteId } = commands.createInboundNote.run(a, { warehouseId });
    commands.addLine.run(a, { noteId, isbn: ISBN, quantity: 4 });
    commands.commitNote.run(a, { id: noteId });
    order(a);
    expect(lines(a)).toMatchObject([{ inStock: 4 }]);
  });
});

describe('suppliers', () => {
  let central: string;
  beforeEach(() => {
    central = commands.createSupplier.run(a, { name: 'Central Books', customerNumber: '4711' }).id;
    sync(a, b);
  });

  it('are to be asked for what is wanted of their publishers, however those are written', () => {
    commands.assignPublisher.run(a, { name: 'SCHOLASTIC ', supplierId: central });
    order(a, 2);
    order(a, 1);
    order(a, 1, OTHER);
    commands.addOrderLine.run(a, { isbn: ISBN, quantity: 5 });
    expect(queries.needs.run(a.db, {})).toMatchObject([
      {
        supplierId: central,
        supplierName: 'Central Books',
        copies: 8,
        amount: 8 * 1290,
        books: [{ isbn: ISBN, quantity: 8, forCustomers: 3, inStock: 0 }],
      },
      { supplierId: '', supplierName: null, books: [{ isbn: OTHER, quantity: 1 }] },
    ]);
    expect(queries.needs.run(a.db, { supplierId: central })).toHaveLength(1);
    expect(queries.suppliers.run(a.db, {})).toMatchObject([{ id: central, publishers: 1, needed: 8 }]);
    expect(queries.shelfLines.run(a.db, {})).toMatchObject([{ quantity: 5, state: 'pending' }]);
  });

  it('of one publisher are one: taken from whoever had it, and given back by the inverse', () => {
    const other = commands.createSupplier.run(a, { name: 'Gardners' }).id;
    const assign = (supplierId: string) =>
      commands.assignPublisher.run(a, { name: 'Scholastic', supplierId }).before;
    expect([assign(central), assign(other), assign('')]).toEqual(['', central, other]);
    assign(other);
    expect(queries.supplier.run(a.db, { id: central })?.publishers).toEqual([]);
    expect(queries.publishers.run(a.db, { text: 'scho' })).toEqual([
      { name: 'Scholastic', supplierId: other, supplierName: 'Gardners' },
    ]);
  });

  it('chosen apart for the same publisher end in one and the same', () => {
    const other = commands.createSupplier.run(b, { name: 'Gardners' }).id;
    commands.assignPublisher.run(a, { name: 'Scholastic', supplierId: central });
    commands.assignPublisher.run(b, { name: 'scholastic', supplierId: other });
    sync(a, b);
    const chosen = (shop: Replica) => queries.publishers.run(shop.db, { text: '' });
    expect(chosen(a)).toEqual(chosen(b));
    expect(chosen(a)).toHaveLength(1);
  });

  it('removed leave their publishers to nobody, and come back', () => {
    commands.assignPublisher.run(a, { name: 'Scholastic', supplierId: central });
    commands.removeSupplier.run(a, { id: central });
    order(b);
    sync(a, b);
    expect(queries.needs.run(b.db, {})).toMatchObject([{ supplierId: '', copies: 1 }]);
    commands.createSupplier.run(a, { id: central, name: 'Central Books' });
    commands.assignPublisher.run(a, { name: 'Scholastic', supplierId: central });
    sync(a, b);
    expect(queries.needs.run(b.db, {})).toMatchObject([{ supplierId: central, copies: 1 }]);
  });

  it('removed while a publisher is given to them serve nobody', () => {
    commands.removeSupplier.run(a, { id: central });
    commands.assignPublisher.run(b, { name: 'Scholastic', supplierId: central });
    order(b);
    sync(a, b);
    for (const { db } of [a, b])
      expect(queries.needs.run(db, {})).toMatchObject([{ supplierId: '', supplierName: null }]);
  });
});
