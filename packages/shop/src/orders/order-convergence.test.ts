import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { merge, openReplica, type Replica, rowsOf, sync } from '../../test/replica.ts';
import { shopCommands as commands } from '../commands/registry.ts';
import { ShopError } from '../errors.ts';
import { shopQueries as queries } from '../queries/registry.ts';

const SEED = 20_261_121;
const ISBN = '9780439023481';

type Step =
  | {
      do: 'receive' | 'unreceive' | 'collect' | 'uncollect' | 'remove' | 'restore';
      at: number;
      line: number;
    }
  | { do: 'quantity'; at: number; line: number; quantity: number }
  | { do: 'publisher'; at: number; supplier: number }
  | { do: 'add'; at: number }
  | { do: 'merge'; from: number; to: number };

const replica = fc.nat({ max: 2 });
const line = fc.nat({ max: 2 });
const forward: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('receive', 'collect'), at: replica, line }),
  fc.record({ do: fc.constant('merge'), from: replica, to: replica }),
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  forward,
  fc.record({ do: fc.constantFrom('unreceive', 'uncollect', 'remove', 'restore'), at: replica, line }),
  fc.record({ do: fc.constant('quantity'), at: replica, line, quantity: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant('publisher'), at: replica, supplier: fc.nat({ max: 1 }) }),
  fc.record({ do: fc.constant('add'), at: replica }),
);

let replicas: Replica[];
let suppliers: string[];

beforeAll(async () => {
  replicas = [await openReplica('a'), await openReplica('b'), await openReplica('c')];
  suppliers = ['One', 'Two'].map((name) => commands.createSupplier.run(at(0), { name }).id);
  commands.saveBook.run(at(0), { isbn: ISBN, publisher: 'Scholastic' });
  everybodyMeets();
});
afterAll(() => replicas.forEach((each) => each[Symbol.dispose]()));

function at(index: number): Replica {
  const found = replicas[index];
  if (found === undefined) throw new Error(`There is no replica ${index}.`);
  return found;
}

function everybodyMeets(): void {
  for (const [one, other] of [
    [0, 1],
    [1, 2],
    [0, 1],
  ] as const)
    sync(at(one), at(other));
}

interface Wishes {
  customerId: string;
  ids: string[];
}

function newWishes(): Wishes {
  const { id: customerId } = commands.createCustomer.run(at(0), { name: 'Ada' });
  const ids = [1, 2, 3].map(
    (quantity) => commands.addOrderLine.run(at(0), { customerId, isbn: ISBN, quantity }).id,
  );
  everybodyMeets();
  return { customerId, ids };
}

/** Runs a step; says whether it was done. */
function run(step: Step, { customerId, ids }: Wishes): boolean {
  try {
    act(step, customerId, ids);
    return true;
  } catch (error) {
    // What a replica knows of a line may forbid the step, which is part of the game.
    if (error instanceof ShopError && error.code === 'order-line-state') return false;
    throw error;
  }
}

const lineCommands = {
  receive: (shop: Replica, id: string) => commands.markReceived.run(shop, { ids: [id] }),
  unreceive: (shop: Replica, id: string) => commands.unmarkReceived.run(shop, { ids: [id] }),
  collect: (shop: Replica, id: string) => commands.markCollected.run(shop, { ids: [id] }),
  uncollect: (shop: Replica, id: string) => commands.unmarkCollected.run(shop, { ids: [id] }),
  remove: (shop: Replica, id: string) => commands.removeOrderLine.run(shop, { id }),
  restore: (shop: Replica, id: string) => commands.restoreOrderLine.run(shop, { id }),
};

function act(step: Step, customerId: string, ids: string[]): void {
  switch (step.do) {
    case 'merge':
      if (step.from !== step.to) merge(at(step.from).db, at(step.to).db);
      return;
    case 'add':
      commands.addOrderLine.run(at(step.at), { customerId, isbn: ISBN });
      return;
    case 'publisher': {
      const supplierId = suppliers[step.supplier] ?? '';
      commands.assignPublisher.run(at(step.at), { name: 'Scholastic', supplierId });
      return;
    }
    case 'quantity': {
      const { quantity } = step;
      commands.setOrderLineQuantity.run(at(step.at), { id: ids[step.line] ?? '', quantity });
      return;
    }
    case 'receive':
    case 'unreceive':
    case 'collect':
    case 'uncollect':
    case 'remove':
    case 'restore':
      lineCommands[step.do](at(step.at), ids[step.line] ?? '');
  }
}

it('three replicas that meet in any order end with the same rows, needs and tasks', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const wishes = newWishes();
      for (const step of steps) run(step, wishes);
      everybodyMeets();
      const [first, ...others] = replicas.map(({ db }) => ({
        rows: ['customer', 'customer_order_line', 'supplier', 'supplier_publisher'].map((table) =>
          rowsOf(db, table),
        ),
        customer: queries.customer.run(db, { id: wishes.customerId }),
        needs: queries.needs.run(db, {}),
        tasks: queries.orderTasks.run(db, {}),
      }));
      for (const other of others) expect(other).toEqual(first);
    }),
    { seed: SEED, numRuns: 15 },
  );
});

it('no step that anybody took is lost, whoever took which, in whatever order they meet', () => {
  const rank = { pending: 0, placed: 0, received: 1, collected: 2 };
  fc.assert(
    fc.property(fc.array(forward, { maxLength: 40 }), (steps) => {
      const wishes = newWishes();
      const furthest = [0, 0, 0];
      for (const step of steps) {
        if (!run(step, wishes) || (step.do !== 'receive' && step.do !== 'collect')) continue;
        const reached = step.do === 'collect' ? 2 : 1;
        furthest[step.line] = Math.max(furthest[step.line] ?? 0, reached);
      }
      everybodyMeets();
      const lines = queries.customer.run(at(1).db, { id: wishes.customerId })?.lines ?? [];
      const states = wishes.ids.map((id) => rank[lines.find((each) => each.id === id)?.state ?? 'pending']);
      expect(states).toEqual(furthest);
    }),
    { seed: SEED, numRuns: 15 },
  );
});
