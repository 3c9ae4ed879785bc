import { openMemory } from '@octavo/crsqlite/memory.ts';
import { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import type { DbVersion, SiteId } from '@octavo/protocol/identity.ts';
import { schema } from '@octavo/shop/schema.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Replica } from '../src/replica.ts';
import { ROW_SENTINEL } from '@octavo/protocol/change.ts';
import type { LogReader } from '../src/storage/log-reader.ts';
import type { LogPosition, StretchLimits } from '../src/storage/log-stretch.ts';
import { readReplicatedSchema } from '../src/storage/replicated-schema.ts';
import { BATCH_LIMITS } from '../src/stream/outbound.ts';
import { isbn } from './shop-data.ts';

let seed = 0;
const clock = { wall: () => 0, monotonic: () => 0 };
const random = {
  bytes: (length: number) => new Uint8Array(length).fill((seed = (seed + 1) % 256)),
  fraction: () => 0,
};

async function openReplica(): Promise<Replica> {
  const database = await openMemory({ fileSystem: new MemoryFileSystem(), name: 'shop.db' });
  return Replica.open(database, { schema, clock, random });
}

const authors: readonly SiteId[] = [1, 2, 3].map((byte) => new Uint8Array(16).fill(byte));

const book = fc.nat({ max: 5 });
const step = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), book }),
  fc.record({ kind: fc.constant('delete' as const), book }),
  fc.record({
    kind: fc.constant('merge' as const),
    book,
    author: fc.nat({ max: 2 }),
    edits: fc.integer({ min: 1, max: 9 }),
  }),
  // The same, and what has come was returned by somebody.
  fc.record({
    kind: fc.constant('return' as const),
    book,
    author: fc.nat({ max: 2 }),
    edits: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ kind: fc.constant('rollback' as const), book }),
  fc.record({ kind: fc.constant('savepoint' as const), book }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function perform(replica: Replica, one: Step): void {
  const { database } = replica;
  const insert = () =>
    database
      .prepare(
        'INSERT INTO book (isbn, title) VALUES (?, ?) ON CONFLICT DO UPDATE SET title = excluded.title',
      )
      .run(isbn(one.book), `Book ${one.kind}`);
  switch (one.kind) {
    case 'insert':
      replica.write(insert);
      return;
    case 'delete':
      replica.write(() => database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn(one.book)));
      return;
    case 'merge':
    case 'return':
      replica.write(() => {
        const first = replica.head() + 1n;
        const key = database
          .prepare('SELECT crsql_pack_columns(?)')
          .exact<[Uint8Array]>()
          .get(isbn(one.book));
        database
          .prepare(
            `INSERT INTO crsql_changes ("table", pk, cid, val, col_version, db_version, site_id, cl, seq)
             VALUES ('book', ?, 'title', ?, ?, ?, ?, 1, 0)`,
          )
          .exact()
          .run(
            key?.[0] ?? null,
            `Book of ${one.author}`,
            BigInt(one.edits),
            first,
            authors[one.author] ?? null,
          );
        if (one.kind === 'return') replica.returned.add({ first, last: first }, replica.head());
      });
      return;
    case 'rollback':
      expect(() =>
        replica.write(() => {
          insert();
          throw new Error('taken back');
        }),
      ).toThrow('taken back');
      return;
    case 'savepoint':
      replica.write(() => {
        try {
          database.transaction(() => {
            insert();
            throw new Error('taken back');
          })();
        } catch (error) {
          expect(error).toMatchObject({ message: 'taken back' });
        }
      });
      return;
  }
}

/** Read one by one: a selection of columns is never shared, and this one has all of them. */
function everyColumn(replica: Replica): ReadonlyMap<string, ReadonlySet<string>> {
  const tables = readReplicatedSchema(replica.database, replica.clockTables.tables);
  return new Map(
    [...tables].map(([name, { columns }]) => [name, new Set([ROW_SENTINEL, ...columns.keys()])]),
  );
}

test('[ST-3] what is read once for all is what each would have read, and the remembered head is the head', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      const replica = await openReplica();
      const columns = everyColumn(replica);
      for (const one of steps) {
        perform(replica, one);
        const head = replica.head();
        expect(head).toBe(replica.clockTables.head());
        for (const siteId of [...authors, replica.siteId]) {
          const shared = replica.logReader({ role: 'client', siteId, columns: 'all' });
          const alone = replica.logReader({ role: 'client', siteId, columns });
          for (let after: DbVersion = 0n; after < head; after += 1n) {
            const from = { version: after, inside: undefined };
            expect(shared.read(from, head, BATCH_LIMITS)).toEqual(alone.read(from, head, BATCH_LIMITS));
          }
        }
      }
      replica.database.close();
    }),
    { numRuns: 30 },
  );
});

/** Everything above a version, read batch by batch. */
function walk(reader: LogReader, after: DbVersion, head: DbVersion, limits: StretchLimits): unknown[] {
  const changes: unknown[] = [];
  let position: LogPosition = { version: after, inside: undefined };
  while (position.inside !== undefined || position.version < head) {
    const stretch = reader.read(position, head, limits);
    for (const { version, changes: own } of stretch.transactions)
      changes.push(...own.map((change) => ({ version, change })));
    expect(stretch.position).not.toEqual(position);
    position = stretch.position;
  }
  return changes;
}

test('[ST-3] a long log is the same in pages, while some of it is overwritten, for whoever stands anywhere in it', async () => {
  const replica = await openReplica();
  const columns = everyColumn(replica);
  const step = fc.oneof(
    fc.record({ kind: fc.constant('insert' as const), book: fc.nat({ max: 2_000 }) }),
    fc.record({ kind: fc.constant('delete' as const), book: fc.nat({ max: 2_000 }) }),
    fc.record({
      kind: fc.constant('merge' as const),
      book: fc.nat({ max: 400 }),
      author: fc.nat({ max: 2 }),
      edits: fc.integer({ min: 1, max: 9 }),
    }),
  );
  for (const one of fc.sample(step, { numRuns: 1_000, seed: 1 })) perform(replica, one);
  // More than a page may hold, in one transaction.
  replica.write(() => {
    for (let number = 3_000; number < 3_600; number += 1)
      replica.database.prepare('INSERT INTO book (isbn, title) VALUES (?, ?)').run(isbn(number), 'Import');
  });
  for (const one of fc.sample(step, { numRuns: 25, seed: 2 })) {
    perform(replica, one);
    const head = replica.head();
    const [start] = fc.sample(fc.nat({ max: Number(head) }), { numRuns: 1, seed: Number(head) });
    const [changes] = fc.sample(fc.integer({ min: 7, max: 1_500 }), { numRuns: 1, seed: Number(head) });
    const limits = { bytes: 256 * 1024, changes: changes ?? 7 };
    const [siteId = replica.siteId] = authors;
    const after = BigInt(start ?? 0);
    const shared = walk(replica.logReader({ role: 'client', siteId, columns: 'all' }), after, head, limits);
    const alone = walk(replica.logReader({ role: 'client', siteId, columns }), after, head, limits);
    expect(shared).toEqual(alone);
  }
  replica.database.close();
});

test('what is more than a batch may hold is cut as it would be for one alone', async () => {
  const replica = await openReplica();
  const columns = everyColumn(replica);
  for (let number = 0; number < 40; number += 1) perform(replica, { kind: 'insert', book: number });
  const limits = { bytes: 100_000, changes: 7 };
  const [siteId = new Uint8Array(16)] = authors;
  const from = { version: 0n, inside: undefined };
  const shared = replica
    .logReader({ role: 'client', siteId, columns: 'all' })
    .read(from, replica.head(), limits);
  expect(shared).toEqual(
    replica.logReader({ role: 'client', siteId, columns }).read(from, replica.head(), limits),
  );
  expect(shared.position.version).toBeLessThan(replica.head());
});
