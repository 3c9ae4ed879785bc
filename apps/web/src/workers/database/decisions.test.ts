import { openMemory } from '@octavo/crsqlite/memory.ts';
import type { Change } from '@octavo/protocol/change.ts';
import { schema } from '@octavo/shop/schema.ts';
import { Replica } from '@octavo/sync/replica.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Decision, Undecided } from '#lib/decisions/contract.ts';
import { Decisions } from './decisions.ts';
import { clock, random } from './environment.ts';

const ISBN = '9780439023481';
const PACKED = Uint8Array.of(1, 0x0b, ISBN.length, ...new TextEncoder().encode(ISBN));
const THEM = new Uint8Array(16).fill(9);

let replica: Replica;
let decisions: Decisions;
let waiting: (() => void)[];

beforeEach(async () => {
  replica = Replica.open(await openMemory(), { schema, clock, random });
  waiting = [];
  decisions = new Decisions(replica, {
    after: (_, run) => {
      waiting.push(run);
      return () => undefined;
    },
  });
  replica.write(() => replica.database.exec(`INSERT INTO book (isbn) VALUES ('${ISBN}')`));
  replica.write(() => replica.database.exec('UPDATE book SET price = 900'));
});
afterEach(() => {
  decisions.close();
  replica.database.close();
});

const decide = (decision: Decision) => replica.write(() => decisions.decide(decision));
const book = () => replica.database.prepare('SELECT isbn, price FROM book').all();

function receive(change: Partial<Change>): void {
  const whole: Change = {
    table: 'book',
    key: PACKED,
    column: 'price',
    value: 1_100n,
    columnVersion: 2n,
    siteId: THEM,
    causalLength: 1n,
    sequence: 0,
    ...change,
  };
  const options = { ownWork: false, acknowledged: 1n, record: () => undefined };
  replica.merger.merge([{ version: 1n, changes: [whole] }], options);
}

const removed: Partial<Change> = { column: '-1', value: null, causalLength: 2n };

test('[CF-1] the own value can be used after all, and the other one again', () => {
  receive({});
  const { conflicts } = decisions.read();
  expect(conflicts).toMatchObject([{ key: [ISBN], column: 'price', ownValue: 900n, otherValue: 1_100n }]);
  expect(decide({ kind: 'use-mine', ids: conflicts.map(({ id }) => id) })).toEqual({ done: 1 });
  expect(book()).toEqual([{ isbn: ISBN, price: 900 }]);
  expect(decisions.read().conflicts).toEqual([]);
  decide({ kind: 'undo-use-mine', conflicts });
  expect(book()).toEqual([{ isbn: ISBN, price: 1_100 }]);
});

test('[CF-1] a row that was removed elsewhere comes back with the own value, and goes again', () => {
  receive(removed);
  const { conflicts } = decisions.read();
  expect(conflicts).toMatchObject([{ column: 'price', ownValue: 900n, rowDeleted: true }]);
  decide({ kind: 'use-mine', ids: conflicts.map(({ id }) => id) });
  expect(book()).toEqual([{ isbn: ISBN, price: 900 }]);
  decide({ kind: 'undo-use-mine', conflicts });
  expect(book()).toEqual([]);
});

test('keeping theirs forgets one or all, and can be undone', () => {
  receive({});
  const [conflict] = decisions.read().conflicts;
  decide({ kind: 'keep-theirs', ids: 'all' });
  expect(decisions.read().conflicts).toEqual([]);
  decide({ kind: 'undo-keep-theirs', conflicts: conflict === undefined ? [] : [conflict] });
  expect(decisions.read().conflicts).toEqual([conflict]);
  expect(decide({ kind: 'keep-theirs', ids: [conflict?.id ?? 0] })).toEqual({ done: 1 });
  expect(decide({ kind: 'keep-theirs', ids: [conflict?.id ?? 0] })).toEqual({ done: 0 });
});

test('[QU-1] what was put aside says whose it is and why, is tried again, given up, and brought back', () => {
  receive({ value: 'free' });
  const [entry] = decisions.read().putAside;
  expect(entry).toMatchObject({ key: [ISBN], own: false, change: { value: 'free' } });
  expect(entry?.reason).toMatch(/price/);
  if (entry === undefined) throw new Error('Nothing was put aside.');
  const refused = decide({ kind: 'retry', id: entry.id });
  expect(refused).toMatchObject({ done: 0 });
  expect(refused.refusal).toMatch(/price/);
  const [again] = decisions.read().putAside;
  expect(decide({ kind: 'discard', id: again?.id ?? 0 })).toEqual({ done: 1 });
  expect(decisions.read().putAside).toEqual([]);
  expect(decide({ kind: 'retry', id: entry.id })).toEqual({ done: 0 });
  decide({ kind: 'undo-discard', change: entry });
  expect(decisions.read().putAside).toMatchObject([{ change: { value: 'free' }, reason: entry.reason }]);
});

test('whoever listens hears of everything that changes, and of many changes once', () => {
  const heard: Undecided[] = [];
  const stop = decisions.subscribe({
    push: (undecided) => void heard.push(undecided),
    fail: (error) => {
      throw error;
    },
  });
  receive({});
  receive({ value: 'free', columnVersion: 3n });
  for (const run of waiting.splice(0)) run();
  expect(heard).toMatchObject([
    { conflicts: [], putAside: [] },
    { conflicts: [{ column: 'price' }], putAside: [{ own: false }] },
  ]);
  stop();
  receive({ value: 'dear', columnVersion: 4n });
  expect(waiting).toEqual([]);
});
