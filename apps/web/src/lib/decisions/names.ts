import type { Thing } from '@octavo/shop/queries/things.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import { kindWords, noteName } from '../notes/note-words.ts';
import type { Cell, Row } from './cells.ts';

type KnownThing = Exclude<Thing, { kind: 'unknown' }>;

/** The rows whose names it takes to speak of these cells: their own, and those that their values point to. */
export function rowsToName(cells: readonly Cell[]): { table: string; key: CellValue[] }[] {
  const rows = new Map<string, { table: string; key: CellValue[] }>();
  for (const { table, key, column, value } of cells) {
    rows.set(rowId({ table, key }), { table, key: [...key] });
    if (column === 'warehouse_id' && typeof value === 'string' && value !== '') {
      const warehouse = { table: 'warehouse', key: [value] };
      rows.set(rowId(warehouse), warehouse);
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

  warehouse(id: string): string {
    return this.of({ table: 'warehouse', key: [id] });
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
      return rowId({ table: thing.kind, key: [thing.id] });
    case 'line':
      return rowId({ table: 'note_line', key: [thing.note.id, thing.isbn, thing.warehouseId] });
  }
}
