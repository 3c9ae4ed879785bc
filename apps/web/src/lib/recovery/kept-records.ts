import type { Difference } from '@octavo/sync/recovery/differences.ts';
import type { Cell, Row } from '../decisions/cells.ts';
import { fieldLabel, valueText, type ValueContext } from '../decisions/cell-words.ts';
import { rowId } from '../decisions/names.ts';
import type { KeptKind, KeptRecord } from './contract.ts';

/** What somebody decides about at once: a record, or a note with its lines. */
export interface KeptThing {
  id: string;
  kind: KeptKind;
  /** What it is called by. */
  row: Row;
  records: KeptRecord[];
}

/** Puts together what belongs together, in the order of the first of each. */
export function thingsFrom(records: readonly KeptRecord[]): KeptThing[] {
  const things = new Map<string, KeptThing>();
  for (const record of records) {
    const row = whole(record);
    const id = `${record.kind} ${rowId(row)}`;
    const thing = things.get(id);
    if (thing === undefined) things.set(id, { id, kind: record.kind, row, records: [record] });
    else thing.records.push(record);
  }
  return [...things.values()];
}

function whole({ table, key }: Row): Row {
  return table === 'note_line' ? { table: 'note', key: key.slice(0, 1) } : { table, key };
}

/** What makes the record in use as it is in the kept database. */
export function takenFrom({ kind, table, key, cells }: KeptRecord): Difference {
  if (kind === 'removed') return { table, key, cells: [], deleted: true };
  return { table, key, cells: cells.map(({ column, value }) => ({ column, value })), deleted: false };
}

/** What takes that back. */
export function takenBack({ kind, table, key, cells }: KeptRecord): Difference {
  if (kind === 'missing') return { table, key, cells: [], deleted: true };
  const before = cells.map(({ column, present }) => ({ column, value: present }));
  return { table, key, cells: before, deleted: false };
}

/** One field of a thing as it is shown: "Emma: Quantity", "2", "3". */
export interface ShownField {
  label: string;
  kept: string;
  /** Where both databases have it. */
  inUse: string | undefined;
}

/** The fields that tell what a thing is; what holds nothing on either side tells nothing. */
export function fieldsOf({ kind, row, records }: KeptThing, context: ValueContext): ShownField[] {
  const shown = (cell: Cell): string => valueText(cell, context);
  return records.flatMap(({ table, key, cells }) => {
    const own = rowId({ table, key }) === rowId(row) ? '' : `${context.names.of({ table, key })}: `;
    return cells
      .filter(({ value, present }) => isTelling(value) || isTelling(present))
      .map(({ column, value, present }) => ({
        label: own + fieldLabel(table, column),
        kept: shown({ table, key, column, value: kind === 'removed' ? present : value }),
        inUse: kind === 'different' ? shown({ table, key, column, value: present }) : undefined,
      }));
  });
}

function isTelling(value: Cell['value']): boolean {
  return value !== null && value !== '';
}
