import type { Conflict } from '@octavo/sync/storage/conflicts.ts';
import { describe, expect, test } from 'vitest';
import { fieldLabel, valueText } from './cell-words.ts';
import { lostEditsFrom, lostSentence, lostValues, usedSentence } from './lost-edits.ts';
import { Names, rowsToName } from './names.ts';

const ISBN = '9780439023481';
const site = (fill: number) => new Uint8Array(16).fill(fill);

function conflict(changes: Partial<Conflict> = {}): Conflict {
  return {
    id: 1,
    happenedAt: 0,
    table: 'book',
    key: [ISBN],
    column: 'price',
    ownValue: 1_100n,
    ownSite: site(1),
    otherValue: 1_200n,
    otherSite: site(2),
    rowDeleted: false,
    ...changes,
  };
}

const names = new Names([
  { kind: 'book', isbn: ISBN, title: 'Emma', exists: true },
  { kind: 'warehouse', id: 'w', name: 'Cellar', exists: true },
  {
    kind: 'line',
    isbn: ISBN,
    title: 'Emma',
    note: { kind: 'note', id: 'n', noteKind: 'outbound', name: 'Fair', createdAt: 0, exists: true },
    warehouseId: 'w',
    warehouseName: 'Cellar',
  },
]);
const context = { currency: 'EUR', names };
const [price] = lostEditsFrom([conflict()]);

describe('an edit that lost', () => {
  test('is told with the thing and the field that the shop knows, and with both values', () => {
    if (price === undefined) throw new Error('No edit.');
    expect(lostSentence(price, context)).toBe(
      'The price of Emma was also changed at another till; that one was kept.',
    );
    expect(lostValues(price, context)).toMatch(/^Yours was .*11[.,]00.*, kept was .*12[.,]00.*\.$/);
    expect(usedSentence(price, context)).toMatch(/^The price of Emma is .*11[.,]00.* now\.$/);
  });

  test('of a book that was removed says so, by its ISBN where it has no title any more', () => {
    const [edit] = lostEditsFrom([conflict({ rowDeleted: true, otherValue: null })]);
    if (edit === undefined) throw new Error('No edit.');
    expect(lostSentence(edit, { ...context, names: new Names([]) })).toBe(
      `ISBN ${ISBN} was removed at another till, and your change of its price with it.`,
    );
  });

  test('of a line is one edit, in however many parts the line is kept', () => {
    const part = (opening: string, id: number) =>
      conflict({ id, table: 'note_line', key: ['n', ISBN, 'w', opening] });
    const edits = lostEditsFrom([part('a', 1), conflict(), part('b', 2)]);
    expect(edits.map(({ conflicts }) => conflicts.length)).toEqual([2, 1]);
    const [line] = edits;
    if (line === undefined) throw new Error('No edit.');
    expect(lostSentence(line, context)).toBe(
      'The price of Emma in Fair was also changed at another till; that one was kept.',
    );
  });
});

describe('values', () => {
  test.each([
    ['out_of_print', 1n, 'yes'],
    ['warehouse_id', 'w', 'Cellar'],
    ['warehouse_id', '', 'no warehouse'],
    ['committed_at', null, 'not committed'],
    ['title', null, 'nothing'],
    ['kind', 'outbound', 'Sale'],
    ['year', 1815n, '1815'],
    ['discount', 1_250n, '12.5 %'],
  ])('%s %s is shown as on its screen', (column, value, shown) => {
    expect(valueText({ column, value }, context).replace(',', '.')).toBe(shown);
  });

  test('of warehouses are names to ask for', () => {
    const cell = { table: 'note', key: ['n'], column: 'warehouse_id', value: 'w' };
    expect(rowsToName([cell, cell])).toEqual([
      { table: 'note', key: ['n'] },
      { table: 'warehouse', key: ['w'] },
    ]);
  });

  test('of fields that this version does not know are named by the field itself', () => {
    expect(fieldLabel('gift_card', 'balance')).toBe('balance');
    expect(fieldLabel('book', '-1')).toBe('The whole record');
  });
});
