import { describe, expect, test } from 'vitest';
import { Names } from '../decisions/names.ts';
import type { KeptRecord } from './contract.ts';
import { fieldsOf, takenBack, takenFrom, thingsFrom } from './kept-records.ts';

const ISBN = '9780439023481';
const line: KeptRecord = {
  ...{ kind: 'missing', table: 'note_line', key: ['n', ISBN, 'w', 'o'] },
  cells: [
    { column: 'quantity', value: 2n, present: null },
    { column: 'discount', value: null, present: null },
  ],
};
const note: KeptRecord = {
  ...{ kind: 'missing', table: 'note', key: ['n'] },
  cells: [{ column: 'name', value: 'Fair', present: null }],
};
const changed: KeptRecord = {
  ...{ kind: 'different', table: 'book', key: [ISBN] },
  cells: [{ column: 'title', value: 'Emma', present: 'Ema' }],
};
const removed: KeptRecord = {
  ...{ kind: 'removed', table: 'book', key: ['9780141439518'] },
  cells: [{ column: 'title', value: null, present: 'Persuasion' }],
};
const names = new Names([
  { kind: 'book', isbn: ISBN, title: 'Emma', exists: true },
  {
    ...{ kind: 'line', isbn: ISBN, title: 'Emma', warehouseId: 'w', warehouseName: 'Cellar' },
    note: { kind: 'note', id: 'n', noteKind: 'outbound', name: 'Fair', createdAt: 0, exists: true },
  },
]);
const context = { currency: 'EUR', names };

describe('what only a kept database has', () => {
  test('is decided about with what belongs to it: a note with its lines, and what is not the same case apart', () => {
    const things = thingsFrom([line, changed, note, { ...line, kind: 'different' }]);
    expect(things.map(({ kind, row, records }) => [kind, row.table, records.length])).toEqual([
      ['missing', 'note', 2],
      ['different', 'book', 1],
      ['different', 'note', 1],
    ]);
  });

  test('tells its fields as their screens do, the other value beside those that both have', () => {
    const shown = thingsFrom([note, line, changed, removed]).map((thing) => fieldsOf(thing, context));
    expect(shown).toEqual([
      [
        { label: 'Name', kept: 'Fair', inUse: undefined },
        { label: 'Emma in Fair: Quantity', kept: '2', inUse: undefined },
      ],
      [{ label: 'Title', kept: 'Emma', inUse: 'Ema' }],
      [{ label: 'Title', kept: 'Persuasion', inUse: undefined }],
    ]);
  });

  test('can be taken, and taken back to what was in use', () => {
    const address = { table: 'book', key: [ISBN] };
    expect(takenFrom(changed)).toEqual({
      ...address,
      cells: [{ column: 'title', value: 'Emma' }],
      deleted: false,
    });
    expect(takenBack(changed)).toEqual({
      ...address,
      cells: [{ column: 'title', value: 'Ema' }],
      deleted: false,
    });
    expect(takenFrom(removed)).toMatchObject({ cells: [], deleted: true });
    expect(takenBack(removed)).toMatchObject({
      cells: [{ column: 'title', value: 'Persuasion' }],
      deleted: false,
    });
    expect(takenFrom(note)).toMatchObject({ cells: [{ column: 'name', value: 'Fair' }], deleted: false });
    expect(takenBack(note)).toMatchObject({ cells: [], deleted: true });
  });
});
