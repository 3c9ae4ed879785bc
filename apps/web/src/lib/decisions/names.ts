import type { Thing } from '@octavo/shop/queries/things.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import { kindWords, noteName } from '../notes/note-words.ts';
import { orderName } from '../orders/order-words.ts';
import type { Cell, Row } from './cells.ts';

type KnownThing = Exclude<Thing, { kind: 'unknown' }>;

/** Columns that hold the key of a row of another table. */
const columnTables: Record<string, string | undefined> = {
  warehouse_id: 'warehouse',
  supplier_id: 'supplier',
  customer_id: 'customer',
  placed_in: 'supplier_order',
};

/** The rows whose names it takes to speak of these cells: their own, and those that their values point to. */
export function rowsToName(cells: readonly Cell[]): { table: string; key: CellValue[] }[] {
  const rows = new Map<string, { table: string; key: CellValue[] }>();
  for (const { column, value, ...row } of cells) {
    rows.set(rowId(row), { table: row.table, key: [...row.key] });
    const table = columnTables[column];
    if (table !== undefined && typeof value === 'string' && value !== '') {
      const other = { table, key: [value] };
      rows.set(rowId(other), other);
    }
  }
  return [...rows.values()];
}

/** What rows are called, as far as it was asked for. */
export class Names {
  readonly #things = new Map<string, KnownThing>();

  constructor(things: readonly Thing[]) {
    for (const thing of things) if (thing.kind !== 'unknown') this.#things.set(thingId(thing), thing);
  }

  /** "Emma", or what can be said of it where it has no name any more. */
  of(row: Row): string {
    const thing = this.#things.get(rowId(row));
    return thing === undefined ? unnamed(row) : thingName(thing);
  }

  /** Where it is looked at; undefined where it is not there any more. */
  pathOf(row: Row): string | undefined {
    const thing = this.#things.get(rowId(row));
    return thing === undefined ? undefined : thingPath(thing);
  }

  /** What a column's value points to is called; undefined where it is no such column. */
  pointedTo(column: string, id: string): string | undefined {
    const table = columnTables[column];
    return table === undefined ? undefined : this.of({ table, key: [id] });
  }
}

function thingName(thing: KnownThing): string {
  switch (thing.kind) {
    case 'book':
      return thing.title ?? `ISBN ${thing.isbn}`;
    case 'warehouse':
      return thing.name ?? (thing.exists ? 'a warehouse without a name' : 'a warehouse that was removed');
    case 'note': {
      const { noteKind, name, createdAt } = thing;
      return noteKind === null ? 'a note that was removed' : noteName({ kind: noteKind, name, createdAt });
    }
    case 'line':
      return `${thing.title ?? `ISBN ${thing.isbn}`} in ${thingName(thing.note)}`;
    case 'customer':
      return thing.name ?? (thing.exists ? 'a customer without a name' : 'a customer who was removed');
    case 'supplier':
      return thing.name ?? (thing.exists ? 'a supplier without a name' : 'a supplier that was removed');
    case 'order-line': {
      const book = thing.title ?? (thing.isbn === null ? 'a book' : `ISBN ${thing.isbn}`);
      const whose = thing.customerId === '' ? 'the shelf' : (thing.customerName ?? 'a customer');
      return `${book} ordered for ${whose}`;
    }
    case 'publisher':
      return `the publisher ${thing.name ?? thing.publisher}`;
    case 'supplier-order':
      return orderName(thing);
  }
}

function thingPath(thing: KnownThing): string | undefined {
  switch (thing.kind) {
    case 'book':
      return thing.exists ? `/books/${thing.isbn}` : undefined;
    case 'warehouse':
      return thing.exists ? '/warehouses' : undefined;
    case 'note':
      return thing.noteKind === null ? undefined : `${kindWords[thing.noteKind].path}/${thing.id}`;
    case 'line':
      return thingPath(thing.note);
    case 'customer':
      return thing.exists ? `/customers/${thing.id}` : undefined;
    case 'supplier':
      return thing.exists ? `/suppliers/${thing.id}` : undefined;
    case 'order-line':
      if (thing.customerId === '') return '/orders';
      return thing.customerName === null ? undefined : `/customers/${thing.customerId}`;
    case 'publisher':
      return '/suppliers';
    case 'supplier-order':
      return thing.exists ? `/orders/${thing.id}` : undefined;
  }
}

function unnamed({ table, key }: Row): string {
  return table === 'book' && typeof key[0] === 'string' ? `ISBN ${key[0]}` : `a record of “${table}”`;
}

/** Tells things apart. A line of a note is one thing, whoever has made which part of it. */
export function rowId({ table, key }: Row): string {
  const telling = table === 'note_line' ? key.slice(0, 3) : key;
  return JSON.stringify([table, ...telling.map(String)]);
}

function thingId(thing: KnownThing): string {
  switch (thing.kind) {
    case 'book':
      return rowId({ table: 'book', key: [thing.isbn] });
    case 'warehouse':
    case 'note':
    case 'customer':
    case 'supplier':
      return rowId({ table: thing.kind, key: [thing.id] });
    case 'line':
      return rowId({ table: 'note_line', key: [thing.note.id, thing.isbn, thing.warehouseId] });
    case 'order-line':
      return rowId({ table: 'customer_order_line', key: [thing.id] });
    case 'publisher':
      return rowId({ table: 'supplier_publisher', key: [thing.publisher] });
    case 'supplier-order':
      return rowId({ table: 'supplier_order', key: [thing.id] });
  }
}
