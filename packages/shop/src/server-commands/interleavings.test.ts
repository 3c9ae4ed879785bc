import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openReplica, type Replica, sync } from '../../test/replica.ts';
import { shopCommands as commands } from '../commands/registry.ts';
import { shopQueries as queries } from '../queries/registry.ts';
import type { ServerContext } from './answer-once.ts';
import type { CommandAnswer } from './answers.ts';
import { cancelSupplierOrder } from './cancel-supplier-order.ts';
import { placeSupplierOrder } from './place-supplier-order.ts';

const SEED = 20_261_121;
const BOOKS = [
  { isbn: '9780439023481', publisher: 'Scholastic' },
  { isbn: '9780439554930', publisher: 'Bloomsbury' },
];

type Step =
  /** A till takes a wish down, decides, meets the server, or has its oldest decision run; again, if its answer was lost. */
  | { do: 'wish'; till: number; book: number; quantity: number }
  | { do: 'decide-to-place'; till: number; supplier: number; blindly: boolean }
  | { do: 'decide-to-cancel'; till: number; order: number }
  | { do: 'receive'; till: number; order: number }
  | { do: 'meet'; till: number }
  | { do: 'run'; till: number; answerLost: boolean };

const till = fc.nat({ max: 1 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wish'),
      till,
      book: fc.nat({ max: 1 }),
      quantity: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('decide-to-place'),
      till,
      supplier: fc.nat({ max: 1 }),
      blindly: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('decide-to-cancel'), till, order: fc.nat({ max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('receive'), till, order: fc.nat({ max: 3 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('meet'), till }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('run'), till, answerLost: fc.boolean() }) },
);

/** Two tills and their server, with what each till has decided and not been answered. */
class Shop implements Disposable {
  readonly server: Replica;
  readonly tills: { replica: Replica; queue: (() => CommandAnswer)[] }[];
  readonly #suppliers: string[];
  readonly #customer: string;
  #commands = 0;

  private constructor(server: Replica, tills: Replica[]) {
    this.server = server;
    this.tills = tills.map((replica) => ({ replica, queue: [] }));
    this.#suppliers = BOOKS.map(({ isbn, publisher }) => {
      commands.saveBook.run(server, { isbn, publisher });
      const { id } = commands.createSupplier.run(server, { name: publisher });
      commands.assignPublisher.run(server, { name: publisher, supplierId: id });
      return id;
    });
    this.#customer = commands.createCustomer.run(server, { name: 'Ada' }).id;
    for (const each of tills) sync(each, server);
  }

  static async open(): Promise<Shop> {
    return new Shop(await openReplica('server'), [await openReplica('one'), await openReplica('two')]);
  }

  take(step: Step): void {
    const { replica, queue } = this.#till(step.till);
    switch (step.do) {
      case 'wish':
        commands.addOrderLine.run(replica, {
          customerId: this.#customer,
          isbn: BOOKS[step.book]?.isbn ?? '',
          quantity: step.quantity,
        });
        return;
      case 'meet':
        sync(replica, this.server);
        return;
      case 'decide-to-place': {
        const supplierId = this.#suppliers[step.supplier] ?? '';
        const [need] = queries.needs.run(replica.db, { supplierId });
        if (need === undefined) return;
        const request = { id: this.#newId(), payload: { supplierId } };
        const base = step.blindly ? {} : { baseVersion: need.version };
        queue.push(() => placeSupplierOrder.run(this.#context(), { ...request, ...base }));
        return;
      }
      case 'decide-to-cancel': {
        const order = queries.supplierOrders.run(replica.db, { offset: step.order, limit: 1 })[0];
        if (order === undefined) return;
        const baseVersion = queries.supplierOrder.run(replica.db, { id: order.id })?.version;
        const request = { id: this.#newId(), payload: { supplierOrderId: order.id }, baseVersion };
        queue.push(() => cancelSupplierOrder.run(this.#context(), request));
        return;
      }
      case 'receive': {
        const order = queries.supplierOrders.run(replica.db, { offset: step.order, limit: 1 })[0];
        const lines =
          order === undefined ? [] : (queries.supplierOrder.run(replica.db, { id: order.id })?.lines ?? []);
        if (lines.length > 0) commands.markReceived.run(replica, { ids: lines.map(({ id }) => id) });
        return;
      }
      case 'run': {
        const answer = queue[0]?.();
        if (answer === undefined) return;
        if (step.answerLost) expect(queue[0]?.()).toEqual(answer);
        queue.shift();
      }
    }
  }

  finish(): void {
    for (const { queue } of this.tills) for (const command of queue.splice(0)) command();
    for (const { replica } of [...this.tills, ...this.tills]) sync(replica, this.server);
  }

  [Symbol.dispose](): void {
    for (const { replica } of this.tills) replica[Symbol.dispose]();
    this.server[Symbol.dispose]();
  }

  #till(index: number) {
    const found = this.tills[index];
    if (found === undefined) throw new Error(`There is no till ${index}.`);
    return found;
  }

  #context(): ServerContext {
    return { ...this.server, timeZone: 'Europe/Berlin' };
  }

  #newId(): string {
    return `command-${(this.#commands += 1)}`;
  }
}

it('whatever two tills decide and whenever it is run, each wish is bought at most once and no number is missing', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 40, maxLength: 60, size: 'max' }), async (steps) => {
      using shop = await Shop.open();
      for (const step of steps) shop.take(step);
      shop.finish();
      for (const { outcome } of shop.server.db
        .prepare<{ outcome: string }>('SELECT outcome FROM command_receipt')
        .all())
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      for (const { db } of [shop.server, ...shop.tills.map(({ replica }) => replica)]) {
        const orders = queries.supplierOrders.run(db, { limit: 1000 });
        expect(orders.map(({ number }) => number).reverse()).toEqual(orders.map((_, index) => index + 1));
        const bought = orders
          .filter(({ cancelledAt }) => cancelledAt === null)
          .flatMap(({ id }) => queries.supplierOrder.run(db, { id })?.lines.map((line) => line.id) ?? []);
        expect(new Set(bought).size).toBe(bought.length);
        const lines = db.prepare<{ id: string; state: string }>('SELECT id, state FROM order_line').all();
        for (const { id, state } of lines) {
          if (state === 'placed') expect(bought).toContain(id);
          if (state === 'pending') expect(bought).not.toContain(id);
        }
      }
    }),
    { seed: SEED, numRuns: 20 },
  );
  // Otherwise it would have proved nothing.
  for (const outcome of ['done', 'conflict', 'refused']) expect(seen.get(outcome)).toBeGreaterThan(10);
});
