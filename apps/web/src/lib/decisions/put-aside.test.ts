import { expect, test } from 'vitest';
import { Names } from './names.ts';
import { authorWords, changeSubject, changeWords, exportFile, type PutAside } from './put-aside.ts';
import { changesFrom } from './server-list.ts';

const OWN = 'aa'.repeat(16);
const THEIRS = 'bb'.repeat(16);
const ISBN = '9780439023481';

const fromServer = {
  id: 7,
  site: OWN,
  table: 'book',
  key: [ISBN],
  column: 'price',
  value: 1_250,
  columnVersion: 3,
  causalLength: 1,
  reason: 'The table does not take it.',
};

const context = {
  currency: 'EUR',
  names: new Names([{ kind: 'book', isbn: ISBN, title: 'Emma', exists: true }]),
};

function read(entry: object): PutAside {
  const [change] = changesFrom({ changes: [entry] }, OWN);
  if (change === undefined) throw new Error('The entry was not read.');
  return change;
}

test("the server's list is read with values as SQLite has them, and tells own changes from others'", () => {
  expect(read(fromServer)).toMatchObject({ id: 7, own: true, key: [ISBN], value: 1_250n, columnVersion: 3n });
  expect(read({ ...fromServer, site: THEIRS }).own).toBe(false);
  expect(read({ ...fromServer, value: { $integer: '9007199254740993' } }).value).toBe(9_007_199_254_740_993n);
  expect(read({ ...fromServer, value: { $blob: '00ff' } }).value).toEqual(Uint8Array.of(0, 255));
  expect(read({ ...fromServer, value: 12.5 }).value).toBe(12.5);
});

test('an answer of another form is an empty list, and no error', () => {
  for (const body of [undefined, null, 'x', {}, { changes: 5 }, { changes: [null, { id: 1 }] }])
    expect(changesFrom(body, OWN)).toEqual([]);
});

test('a change is called what the shop calls it', () => {
  expect(changeSubject(read(fromServer), context)).toBe('the price of Emma');
  expect(changeWords(read(fromServer), context)).toMatch(/12[.,]50/);
  expect(authorWords(read(fromServer))).toBe('from this device');
  const removal = read({ ...fromServer, column: '-1', value: null, causalLength: 2, site: THEIRS });
  expect(changeSubject(removal, context)).toBe('Emma');
  expect(changeWords(removal, context)).toBe('removal');
  expect(authorWords(removal)).toBe('from another device (bbbbbbbb)');
});

test('an export has everything that is known of a change, and nothing is rounded', async () => {
  const change = { ...read(fromServer), value: 9_007_199_254_740_993n };
  const file = exportFile([change], { database: 'shop.sqlite3', at: new Date(0) });
  expect(JSON.parse(await file.text())).toMatchObject({
    database: 'shop.sqlite3',
    exportedAt: '1970-01-01T00:00:00.000Z',
    changes: [{ id: 7, key: [ISBN], value: { $integer: '9007199254740993' }, columnVersion: 3 }],
  });
});
