import type { Database } from '@octavo/crsqlite/database.ts';
import { openMemory } from '@octavo/crsqlite/memory.ts';
import type { Change } from '@octavo/protocol/change.ts';
import { migrate } from '@octavo/shop/schema.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertChange } from './change-rows.ts';
import { Cells } from './cells.ts';
import { ClockTables } from './clock-tables.ts';
import { readReplicatedSchema, type ReplicatedSchema } from './replicated-schema.ts';
import { faultOf, mayBeSent } from './validate-change.ts';

let database: Database;
let schema: ReplicatedSchema;
let clocks: Cells;
const sender = new Uint8Array(16).fill(1);
const other = new Uint8Array(16).fill(2);

beforeAll(async () => {
  database = await openMemory();
  migrate(database);
  schema = readReplicatedSchema(database, new ClockTables(database).tables);
  clocks = new Cells(database, schema);
});

afterAll(() => database.close());

const good: Change = {
  table: 'book',
  key: Uint8Array.of(1, 0x0b, 1, 0x31),
  column: 'title',
  value: 'Emma',
  columnVersion: 1n,
  siteId: sender,
  causalLength: 1n,
  sequence: 0,
};

test('an honest change passes', () => {
  expect(faultOf(good, schema, clocks)).toBeUndefined();
  expect(
    faultOf({ ...good, column: '-1', value: null, columnVersion: 2n, causalLength: 2n }, schema, clocks),
  ).toBeUndefined();
});

test.each<[string, Partial<Change>]>([
  ['an empty key, which traps the WASM', { key: new Uint8Array() }],
  ['a key of no column', { key: Uint8Array.of(0) }],
  ['a key of two columns for a table with one', { key: Uint8Array.of(2, 0x0b, 1, 0x31, 0x0b, 1, 0x31) }],
  ['an INTEGER where the key is TEXT, a second identity of the row', { key: Uint8Array.of(1, 9, 5) }],
  ['a NULL in the key', { key: Uint8Array.of(1, 5) }],
  ['an unknown table', { table: 'sqlite_master' }],
  ['bookkeeping tables', { table: 'octavo_peer' }],
  ['an unknown column', { column: 'titel' }],
  ['a key column as a cell', { column: 'isbn' }],
  ['a column version that nobody could ever beat', { columnVersion: 2n ** 63n - 1n }],
  ['a causal length that nobody could ever beat', { causalLength: 2n ** 53n }],
  ['a causal length of nothing', { causalLength: 0n }],
  ['a cell of a deleted row', { causalLength: 2n }],
  ['a sequence out of range', { sequence: 2 ** 40 }],
  ['a sentinel with a value', { column: '-1', value: 1n }],
  ['a sentinel that contradicts its causal length', { column: '-1', value: null, columnVersion: 3n }],
])('[QU-2] %s is refused', (_, fault) => {
  expect(faultOf({ ...good, ...fault }, schema, clocks)).toEqual(expect.any(String));
});

test('[QU-2] however far a cell has been pushed, one more honest edit passes', () => {
  const pushed: Change = { ...good, key: Uint8Array.of(1, 0x0b, 1, 0x39), columnVersion: 2n ** 20n };
  expect(faultOf(pushed, schema, clocks)).toBeUndefined();
  database.transaction(() => insertChange(database, pushed, 1n))();
  expect(faultOf({ ...pushed, columnVersion: 2n ** 20n + 1n }, schema, clocks)).toBeUndefined();
  expect(faultOf({ ...pushed, columnVersion: 2n ** 21n + 1n }, schema, clocks)).toEqual(expect.any(String));
});

test('[QU-2] what a server relays is not measured by what is here', () => {
  const relayed: Change = { ...good, columnVersion: 2n ** 30n };
  expect(faultOf(relayed, schema, undefined)).toBeUndefined();
  expect(faultOf({ ...relayed, columnVersion: 2n ** 53n }, schema, undefined)).toEqual(expect.any(String));
});

test('[OF-3] a client sends its own work, and cells that a resurrection zeroed; a server relays anybody', () => {
  expect(mayBeSent(good, { only: sender })).toBe(true);
  expect(mayBeSent({ ...good, siteId: other }, { only: sender })).toBe(false);
  expect(mayBeSent({ ...good, siteId: other, columnVersion: 0n, causalLength: 3n }, { only: sender })).toBe(
    true,
  );
  expect(mayBeSent({ ...good, siteId: other }, 'any')).toBe(true);
});
