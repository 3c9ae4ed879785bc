import { openMemory } from '@octavo/crsqlite/memory.ts';
import { schema } from '@octavo/shop/schema.ts';
import { Outcomes } from '@octavo/sync/recovery/outcomes.ts';
import { Replica } from '@octavo/sync/replica.ts';
import { expect, test } from 'vitest';
import type { CarryOver } from '#lib/recovery/contract.ts';
import { clock, random } from '../environment.ts';
import { FinishedWrites } from '../finished-writes.ts';
import { carryOver } from './carry-over.ts';

const ONE_SHOP = new Uint8Array(16).fill(1);
const ANOTHER_SHOP = new Uint8Array(16).fill(2);
const ALL = 'SELECT isbn, title FROM book ORDER BY isbn';

async function replicaOf(lineage: Uint8Array): Promise<Replica> {
  const database = await openMemory();
  const replica = Replica.open(database, { schema, clock, random });
  replica.bookkeeping.setLineage(lineage);
  return replica;
}

function addBook(replica: Replica, isbn: string): void {
  replica.write(() =>
    replica.database.prepare('INSERT INTO book (isbn, title) VALUES (?, ?)').run(isbn, `Book ${isbn}`),
  );
}

const isbns = ({ database }: Replica) =>
  database
    .prepare<{ isbn: string }>(ALL)
    .all()
    .map(({ isbn }) => isbn);

/** Carries over, and lets somebody write whenever others may. */
function carry(old: Replica, fresh: Replica, carried: CarryOver, meanwhile: (step: number) => void): void {
  const carrying = carryOver(old, fresh, { carry: carried, askedAt: Number(old.head()), occasion: 'nuked' });
  let steps = 0;
  let step = carrying.next();
  while (step.done !== true) {
    meanwhile(steps);
    steps += 1;
    step = carrying.next();
  }
  meanwhile(steps);
  step.value();
}

test.for([
  ['unsent', ONE_SHOP],
  ['unsent', ANOTHER_SHOP],
  ['everything', ANOTHER_SHOP],
] as const)('%s: what is written while it goes on goes along, in lineage %s', async ([what, lineage]) => {
  const old = await replicaOf(ONE_SHOP);
  const fresh = await replicaOf(lineage);
  for (let number = 0; number < 10; number += 1) addBook(old, `1${number}`);
  carry(old, fresh, what, (step) => addBook(old, `2${step}`));
  expect(isbns(old).length).toBeGreaterThan(11);
  expect(isbns(fresh)).toEqual(isbns(old));
  expect(new Outcomes(fresh.database).report()).toMatchObject({
    occasion: 'nuked',
    restored: isbns(old).length,
    failed: 0,
  });
});

test.for([ONE_SHOP, ANOTHER_SHOP])(
  'what is discarded is what had been written when that was asked for, in lineage %s',
  async (lineage) => {
    const old = await replicaOf(ONE_SHOP);
    const fresh = await replicaOf(lineage);
    addBook(old, '1');
    carry(old, fresh, 'nothing', (step) => addBook(old, `2${step}`));
    expect(isbns(fresh)).toEqual(isbns(old).filter((isbn) => isbn !== '1'));
  },
);

test('begun again after an interruption it comes to the same', async () => {
  const old = await replicaOf(ONE_SHOP);
  const fresh = await replicaOf(ONE_SHOP);
  for (let number = 0; number < 10; number += 1) addBook(old, `1${number}`);
  carryOver(old, fresh, { carry: 'unsent', askedAt: 0, occasion: 'nuked' }).next();
  carry(old, fresh, 'unsent', () => undefined);
  expect(isbns(fresh)).toEqual(isbns(old));
  expect(new Outcomes(fresh.database).report()).toMatchObject({ restored: 10, alreadyNewer: 0 });
});

test('a write whose answer was lost over the replacement is not done twice', async () => {
  const old = await replicaOf(ONE_SHOP);
  const fresh = await replicaOf(ONE_SHOP);
  const ticket = { id: 'a ticket', expiresAt: Date.now() + 60_000 };
  const before = new FinishedWrites(old.database, () => Date.now());
  old.write(() => void before.once(ticket, () => 'done'));
  carry(old, fresh, 'unsent', () => undefined);
  const after = new FinishedWrites(fresh.database, () => Date.now());
  expect(fresh.write(() => String(after.once(ticket, () => 'done again')))).toBe('done');
});

test('the history of edits that lost goes along, once', async () => {
  const old = await replicaOf(ONE_SHOP);
  const fresh = await replicaOf(ONE_SHOP);
  old.conflicts.add(new Uint8Array([1, 0x0b, 1, 0x31]), {
    table: 'book',
    column: 'title',
    happenedAt: 1,
    ownValue: 'Mine',
    ownSite: ONE_SHOP,
    otherValue: 'Theirs',
    otherSite: ANOTHER_SHOP,
    rowDeleted: false,
  });
  for (let time = 0; time < 2; time += 1) carry(old, fresh, 'unsent', () => undefined);
  expect(fresh.conflicts.list()).toMatchObject([{ ownValue: 'Mine', otherValue: 'Theirs' }]);
});
