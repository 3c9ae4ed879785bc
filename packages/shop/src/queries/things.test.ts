import { afterEach, beforeEach, expect, test } from 'vitest';
import { openReplica, type Replica } from '../../test/replica.ts';
import { things } from './things.ts';

const ISBN = '9780439023481';

let shop: Replica;
beforeEach(async () => {
  shop = await openReplica('a');
  shop.db.exec(`
    INSERT INTO book (isbn, title) VALUES ('${ISBN}', 'Emma');
    INSERT INTO warehouse (id, name) VALUES ('w', 'Cellar');
    INSERT INTO note (id, kind, name) VALUES ('n', 'outbound', 'Fair');
  `);
});
afterEach(() => shop[Symbol.dispose]());

const ask = (table: string, ...key: unknown[]) => things.run(shop.db, { rows: [{ table, key }] })[0];

test('rows are called what the shop calls them', () => {
  expect(ask('book', ISBN)).toEqual({ kind: 'book', isbn: ISBN, title: 'Emma', exists: true });
  expect(ask('warehouse', 'w')).toEqual({ kind: 'warehouse', id: 'w', name: 'Cellar', exists: true });
  expect(ask('note_line', 'n', ISBN, 'w', 'some opening')).toMatchObject({
    kind: 'line',
    title: 'Emma',
    note: { name: 'Fair', noteKind: 'outbound' },
    warehouseName: 'Cellar',
  });
});

test('customers, suppliers and their orders are called what the shop calls them', () => {
  shop.db.exec(`
    INSERT INTO customer (id, name) VALUES ('c', 'Ada');
    INSERT INTO customer_order_line (id, customer_id, isbn) VALUES ('l', 'c', '${ISBN}');
    INSERT INTO supplier (id, name) VALUES ('s', 'Central Books');
    INSERT INTO supplier_publisher (publisher, name, supplier_id) VALUES ('puffin', 'Puffin', 's');
    INSERT INTO supplier_order (id, year, number) VALUES ('o', 2026, 7);
  `);
  expect(ask('customer', 'c')).toEqual({ kind: 'customer', id: 'c', name: 'Ada', exists: true });
  expect(ask('supplier', 'gone')).toEqual({ kind: 'supplier', id: 'gone', name: null, exists: false });
  expect(ask('customer_order_line', 'l')).toMatchObject({
    kind: 'order-line',
    title: 'Emma',
    customerName: 'Ada',
  });
  expect(ask('customer_order_line', 'gone')).toMatchObject({ kind: 'order-line', isbn: null });
  expect(ask('supplier_publisher', 'puffin')).toMatchObject({ kind: 'publisher', name: 'Puffin' });
  expect(ask('supplier_order', 'o')).toMatchObject({ kind: 'supplier-order', number: 7, exists: true });
});

test('a row that is gone is still known by what its key says', () => {
  expect(ask('book', '9780140328721')).toEqual({
    kind: 'book',
    isbn: '9780140328721',
    title: null,
    exists: false,
  });
  expect(ask('note', 'gone')).toMatchObject({ kind: 'note', noteKind: null, exists: false });
});

test('what the shop does not know is said to be unknown, whatever its key', () => {
  expect(ask('gift_card', 'x')).toEqual({ kind: 'unknown', table: 'gift_card' });
  expect(ask('book', 5n)).toEqual({ kind: 'unknown', table: 'book' });
  expect(ask('note_line', 'n', ISBN)).toEqual({ kind: 'unknown', table: 'note_line' });
});
