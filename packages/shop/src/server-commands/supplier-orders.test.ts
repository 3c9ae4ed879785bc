import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { head, openReplica, type Replica, rowsOf, sync } from '../../test/replica.ts';
import { shopCommands as commands } from '../commands/registry.ts';
import { shopQueries as queries } from '../queries/registry.ts';
import type { ServerContext } from './answer-once.ts';
import { cancelSupplierOrder } from './cancel-supplier-order.ts';
import { placeSupplierOrder } from './place-supplier-order.ts';

const ISBN = '9780439023481';
const NEW_YEAR_IN_BERLIN = Date.UTC(2026, 11, 31, 23, 30);

let server: Replica;
let till: Replica;
let time: number;
let ada: string;
let supplierId: string;

beforeEach(async () => {
  server = await openReplica('server');
  till = await openReplica('till');
  time = Date.UTC(2026, 5, 1);
  commands.saveBook.run(till, {
    isbn: ISBN,
    title: 'The Hunger Games',
    publisher: 'Scholastic',
    price: 1290,
  });
  ada = commands.createCustomer.run(till, { name: 'Ada' }).id;
  supplierId = commands.createSupplier.run(till, { name: 'Central Books' }).id;
  commands.assignPublisher.run(till, { name: 'Scholastic', supplierId });
  sync(till, server);
});
afterEach(() => {
  server[Symbol.dispose]();
  till[Symbol.dispose]();
});

const shop = (on = server): ServerContext => ({ ...on, now: () => time, timeZone: 'Europe/Berlin' });
const wish = (quantity = 1) => {
  const { id } = commands.addOrderLine.run(till, { customerId: ada, isbn: ISBN, quantity });
  sync(till, server);
  return id;
};
const seen = () => queries.needs.run(till.db, { supplierId })[0]?.version;
const place = (id: string, baseVersion?: string) =>
  placeSupplierOrder.run(shop(), { id, payload: { supplierId }, baseVersion });
const cancel = (id: string, supplierOrderId: string, baseVersion?: string) =>
  cancelSupplierOrder.run(shop(), { id, payload: { supplierOrderId }, baseVersion });
const line = (replica: Replica) => queries.customer.run(replica.db, { id: ada })?.lines[0];
const tasks = (replica: Replica) => queries.orderTasks.run(replica.db, {});

describe('placing an order', () => {
  it('gathers what is open, at the prices of the day, and everybody sees where it went', () => {
    wish(2);
    wish(1);
    expect(place('c1', seen())).toEqual({
      outcome: 'done',
      result: { supplierOrderId: 'c1', year: 2026, number: 1, lines: 2, copies: 3 },
    });
    sync(till, server);
    expect(line(till)).toMatchObject({
      state: 'placed',
      order: { id: 'c1', year: 2026, number: 1, supplierName: 'Central Books' },
    });
    expect(queries.needs.run(till.db, {})).toEqual([]);
    commands.saveBook.run(till, { isbn: ISBN, price: 1990 });
    expect(queries.supplierOrder.run(till.db, { id: 'c1' })).toMatchObject({
      lines: [
        { quantity: 2, price: 1290, customerName: 'Ada', state: 'placed' },
        { quantity: 1, price: 1290 },
      ],
    });
    expect(queries.supplierOrders.run(till.db, { limit: 10 })).toMatchObject([
      { id: 'c1', titles: 1, copies: 3, received: 0 },
    ]);
    expect(queries.countSupplierOrders.run(till.db, {})).toBe(1);
    expect(() => commands.removeSupplier.run(till, { id: supplierId })).toThrow('have not come yet');
  });

  it('twice with the same id is once, and the same answer', () => {
    wish();
    const answer = place('c1', seen());
    const before = head(server.db);
    wish();
    const withWish = head(server.db);
    expect(withWish).not.toBe(before);
    expect(place('c1', seen())).toEqual(answer);
    expect(head(server.db)).toBe(withWish);
    expect(rowsOf(server.db, 'command_receipt')).toMatchObject([
      { id: 'c1', type: 'supplier-order.place', outcome: 'done', answered_at: time },
    ]);
  });

  it('for what somebody else has ordered meanwhile is a conflict with what is open now, for good', () => {
    wish();
    const version = seen();
    place('c1', version);
    const conflict = place('c2', version);
    expect(conflict).toMatchObject({ outcome: 'conflict', current: { supplierId, lines: 0, copies: 0 } });
    wish();
    expect(place('c2', version)).toEqual(conflict);
    expect(queries.countSupplierOrders.run(server.db, {})).toBe(1);
  });

  it('of a wish that was changed, added or taken back meanwhile is a conflict', () => {
    const id = wish();
    for (const [index, change] of [
      () => commands.setOrderLineQuantity.run(till, { id, quantity: 3 }),
      () => wish(),
      () => commands.removeOrderLine.run(till, { id }),
      () => commands.assignPublisher.run(till, { name: 'Scholastic', supplierId: '' }),
    ].entries()) {
      const version = seen();
      change();
      sync(till, server);
      expect(place(`c${index}`, version)).toMatchObject({ outcome: 'conflict' });
    }
  });

  it('of nothing, or from nobody, is refused, and the refusal is kept', () => {
    expect(place('c1')).toMatchObject({ outcome: 'refused', error: { code: 'nothing-to-order' } });
    wish();
    expect(place('c1')).toMatchObject({ outcome: 'refused', error: { code: 'nothing-to-order' } });
    commands.removeSupplier.run(till, { id: supplierId });
    sync(till, server);
    expect(place('c2')).toMatchObject({ outcome: 'refused', error: { code: 'not-found' } });
    expect(rowsOf(server.db, 'supplier_order')).toEqual([]);
  });

  it('with a payload of the wrong form, or an id of another command, is refused and leaves no trace', () => {
    wish();
    place('c1');
    const before = head(server.db);
    const wrong = { supplierId: '' };
    expect(() => placeSupplierOrder.run(shop(), { id: 'c2', payload: wrong })).toThrow('Give an id.');
    expect(() => cancel('c1', 'c1')).toThrow('another one');
    expect(head(server.db)).toBe(before);
  });

  it('belongs to the year that it is in the shop, and each year begins with 1', () => {
    wish();
    place('c1');
    time = NEW_YEAR_IN_BERLIN - 3_600_000;
    wish();
    expect(place('c2')).toMatchObject({ result: { year: 2026, number: 2 } });
    time = NEW_YEAR_IN_BERLIN;
    wish();
    expect(place('c3')).toMatchObject({ result: { year: 2027, number: 1 } });
  });

  it('again on a server that was restored without it is the same order', async () => {
    wish();
    place('c1');
    sync(till, server);
    using restored = await openReplica('restored');
    sync(till, restored);
    restored.db.exec('DELETE FROM command_receipt');
    const again = placeSupplierOrder.run(shop(restored), { id: 'c1', payload: { supplierId } });
    expect(again).toMatchObject({ outcome: 'done', result: { supplierOrderId: 'c1', number: 1, copies: 1 } });
    expect(rowsOf(restored.db, 'supplier_order')).toHaveLength(1);
  });
});

describe('cancelling an order', () => {
  it('makes its lines open again and keeps its number', () => {
    wish(2);
    place('c1');
    sync(till, server);
    const version = queries.supplierOrder.run(till.db, { id: 'c1' })?.version;
    expect(cancel('c2', 'c1', version)).toEqual({
      outcome: 'done',
      result: { supplierOrderId: 'c1', lines: 1 },
    });
    sync(till, server);
    expect(line(till)).toMatchObject({ state: 'pending', order: null });
    expect(place('c3')).toMatchObject({ result: { number: 2, copies: 2 } });
  });

  it('that was cancelled already is a conflict; one that nobody placed is refused', () => {
    wish();
    place('c1');
    cancel('c2', 'c1');
    expect(cancel('c3', 'c1')).toMatchObject({
      outcome: 'conflict',
      current: { id: 'c1', number: 1, cancelledAt: time, lines: 1, received: 0 },
    });
    // A receipt outlives the customer.
    expect(JSON.stringify(rowsOf(server.db, 'command_receipt'))).not.toContain('Ada');
    expect(cancel('c4', 'never')).toMatchObject({ outcome: 'refused', error: { code: 'not-found' } });
  });

  it('of which books have come is refused, and a conflict for who has not seen them come', () => {
    const id = wish();
    place('c1');
    sync(till, server);
    const version = queries.supplierOrder.run(till.db, { id: 'c1' })?.version;
    commands.markReceived.run(till, { ids: [id] });
    sync(till, server);
    expect(cancel('c2', 'c1', version)).toMatchObject({ outcome: 'conflict' });
    expect(cancel('c3', 'c1')).toMatchObject({
      outcome: 'refused',
      error: { code: 'order-received', details: { received: 1 } },
    });
  });

  it('while its books are received elsewhere loses neither', () => {
    const id = wish();
    place('c1');
    sync(till, server);
    commands.markReceived.run(till, { ids: [id] });
    cancel('c2', 'c1');
    sync(till, server);
    for (const replica of [till, server]) expect(line(replica)).toMatchObject({ state: 'received' });
  });
});

describe('an order placed while a till was away', () => {
  it('of a wish that was taken back there is a task until the books have come', () => {
    const id = wish();
    commands.removeOrderLine.run(till, { id });
    place('c1');
    sync(till, server);
    expect(tasks(till)).toMatchObject([{ what: 'wish-removed', id, number: 1, customerName: 'Ada' }]);
    commands.markReceived.run(till, { ids: [id] });
    expect(tasks(till)).toEqual([]);
  });

  it('of another number of copies is a task', () => {
    const id = wish();
    commands.setOrderLineQuantity.run(till, { id, quantity: 4 });
    place('c1');
    sync(till, server);
    expect(tasks(till)).toMatchObject([{ what: 'quantity-differs', id, quantity: 4 }]);
  });

  it('by two servers, one restored from an older copy, is two tasks: the line twice, the number twice', async () => {
    wish();
    using restored = await openReplica('restored');
    sync(till, restored);
    place('c1');
    placeSupplierOrder.run(shop(restored), { id: 'c2', payload: { supplierId } });
    sync(till, server);
    sync(till, restored);
    expect(tasks(till).map(({ what }) => what)).toEqual(['number-given-twice', 'ordered-twice']);
  });
});
