import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Replica } from '../test/replica.ts';
import { merge, openReplica, rowsOf, sync } from '../test/replica.ts';
import { shopCommands as commands } from './commands/registry.ts';
import { ShopError } from './errors.ts';
import { shopQueries as queries } from './queries/registry.ts';

const ISBNS = ['9780439023481', '9780439554930'];
const SEED = 20_261_121;

type Step =
  | { do: 'scan' | 'remove' | 'assign'; at: number; isbn: string }
  | { do: 'set'; at: number; isbn: string; quantity: number }
  | { do: 'merge'; from: number; to: number };

const replica = fc.nat({ max: 2 });
const isbn = fc.constantFrom(...ISBNS);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('scan', 'remove', 'assign'), at: replica, isbn }),
  fc.record({ do: fc.constant('set'), at: replica, isbn, quantity: fc.nat({ max: 9 }) }),
  fc.record({ do: fc.constant('merge'), from: replica, to: replica }),
);
const scanOrMerge: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('scan'), at: replica, isbn }),
  fc.record({ do: fc.constant('merge'), from: replica, to: replica }),
);

let replicas: Replica[];
let warehouse: string;

beforeAll(async () => {
  replicas = [await openReplica('a'), await openReplica('b'), await openReplica('c')];
  warehouse = commands.createWarehouse.run(at(0), { name: 'Shop' }).id;
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

function newNote(): string {
  const { id } = commands.createOutboundNote.run(at(0), {});
  everybodyMeets();
  return id;
}

function run(step: Step, noteId: string): void {
  try {
    switch (step.do) {
      case 'scan':
        commands.addLine.run(at(step.at), { noteId, isbn: step.isbn });
        return;
      case 'remove':
        commands.removeLine.run(at(step.at), { noteId, isbn: step.isbn });
        return;
      case 'assign':
        commands.assignWarehouse.run(at(step.at), { noteId, isbn: step.isbn, toWarehouseId: warehouse });
        return;
      case 'set':
        commands.setLineQuantity.run(at(step.at), { noteId, isbn: step.isbn, quantity: step.quantity });
        return;
      case 'merge':
        if (step.from !== step.to) merge(at(step.from).db, at(step.to).db);
        return;
    }
  } catch (error) {
    // A step about a line that this replica has not heard of is refused, which is part of the game.
    if (!(error instanceof ShopError && error.code === 'not-found')) throw error;
  }
}

describe('three replicas that meet in any order', () => {
  it('end with the same rows and the same lines, and no line shows fewer than no copies', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
        const noteId = newNote();
        for (const step of steps) run(step, noteId);
        everybodyMeets();
        const [first, ...others] = replicas.map(({ db }) => ({
          rows: rowsOf(db, 'note_line'),
          lines: queries.note.run(db, { id: noteId })?.lines,
        }));
        for (const other of others) expect(other).toEqual(first);
        for (const { quantity } of first?.lines ?? []) expect(quantity).toBeGreaterThan(0);
      }),
      { seed: SEED, numRuns: 15 },
    );
  });

  it('count every scan exactly once', () => {
    fc.assert(
      fc.property(fc.array(scanOrMerge, { maxLength: 40 }), (steps) => {
        const noteId = newNote();
        for (const step of steps) run(step, noteId);
        everybodyMeets();
        for (const each of ISBNS) {
          const scans = steps.filter((step) => step.do === 'scan' && step.isbn === each).length;
          const lines = queries.note.run(at(2).db, { id: noteId })?.lines ?? [];
          expect(lines.find((line) => line.isbn === each)?.quantity ?? 0).toBe(scans);
        }
      }),
      { seed: SEED, numRuns: 15 },
    );
  });
});
