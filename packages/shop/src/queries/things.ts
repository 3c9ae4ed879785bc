import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { defineQuery } from '../define.ts';

/** What a row of the database is to the shop; null where a row that names it is not there. */
export type Thing =
  | { kind: 'book'; isbn: string; title: string | null; exists: boolean }
  | { kind: 'warehouse'; id: string; name: string | null; exists: boolean }
  | NoteThing
  | {
      kind: 'line';
      isbn: string;
      title: string | null;
      note: NoteThing;
      /** '' while no warehouse is assigned. */
      warehouseId: string;
      warehouseName: string | null;
    }
  | { kind: 'customer'; id: string; name: string | null; exists: boolean }
  | { kind: 'supplier'; id: string; name: string | null; exists: boolean }
  | {
      kind: 'order-line';
      id: string;
      isbn: string | null;
      title: string | null;
      /** '' for the shelf. */
      customerId: string;
      customerName: string | null;
    }
  | { kind: 'publisher'; publisher: string; name: string | null }
  | { kind: 'supplier-order'; id: string; year: number | null; number: number | null; exists: boolean }
  /** Of a table that the shop does not know, such as one of a newer version. */
  | { kind: 'unknown'; table: string };

export interface NoteThing {
  kind: 'note';
  id: string;
  noteKind: 'inbound' | 'outbound' | null;
  name: string | null;
  createdAt: number | null;
  exists: boolean;
}

const rowAddress = v.object({ table: v.string(), key: v.array(v.unknown()) });

/** What rows are called, in the order in which they are asked for. A row need not exist. */
export const things = defineQuery(
  v.object({ rows: v.pipe(v.array(rowAddress), v.maxLength(5_000)) }),
  (db, { rows }): Thing[] => rows.map(({ table, key }) => thingOf(db, table, key)),
);

function thingOf(db: Database, table: string, key: readonly unknown[]): Thing {
  const [first, second, third] = key;
  if (typeof first !== 'string') return { kind: 'unknown', table };
  switch (table) {
    case 'book':
    case 'book_cover':
      return { kind: 'book', isbn: first, ...bookTitle(db, first) };
    case 'warehouse':
      return { kind: 'warehouse', id: first, ...nameOf(db, 'warehouse', first) };
    case 'customer':
      return { kind: 'customer', id: first, ...nameOf(db, 'customer', first) };
    case 'supplier':
      return { kind: 'supplier', id: first, ...nameOf(db, 'supplier', first) };
    case 'customer_order_line':
      return orderLineThing(db, first);
    case 'supplier_publisher':
      return publisherThing(db, first);
    case 'supplier_order':
      return orderThing(db, first);
    case 'note':
      return noteThing(db, first);
    case 'note_line': {
      if (typeof second !== 'string' || typeof third !== 'string') return { kind: 'unknown', table };
      return {
        kind: 'line',
        isbn: second,
        title: bookTitle(db, second).title,
        note: noteThing(db, first),
        warehouseId: third,
        warehouseName: nameOf(db, 'warehouse', third).name,
      };
    }
    default:
      return { kind: 'unknown', table };
  }
}

function bookTitle(db: Database, isbn: string): { title: string | null; exists: boolean } {
  const row = db.prepare<{ title: string | null }>('SELECT title FROM book WHERE isbn = ?').get(isbn);
  return { title: row?.title ?? null, exists: row !== undefined };
}

function nameOf(
  db: Database,
  table: 'warehouse' | 'customer' | 'supplier',
  id: string,
): { name: string | null; exists: boolean } {
  const row = db.prepare<{ name: string | null }>(`SELECT name FROM ${table} WHERE id = ?`).get(id);
  return { name: row?.name ?? null, exists: row !== undefined };
}

function noteThing(db: Database, id: string): NoteThing {
  const row = db
    .prepare<Pick<NoteThing, 'noteKind' | 'name' | 'createdAt'>>(
      'SELECT kind AS noteKind, name, created_at AS createdAt FROM note WHERE id = ?',
    )
    .get(id);
  const { noteKind = null, name = null, createdAt = null } = row ?? {};
  return { kind: 'note', id, noteKind, name, createdAt, exists: row !== undefined };
}

function orderLineThing(db: Database, id: string): Thing {
  const row = db
    .prepare<{ isbn: string | null; customerId: string }>(
      'SELECT isbn, customer_id AS customerId FROM customer_order_line WHERE id = ?',
    )
    .get(id);
  const { isbn = null, customerId = '' } = row ?? {};
  const title = isbn === null ? null : bookTitle(db, isbn).title;
  return {
    kind: 'order-line',
    id,
    isbn,
    title,
    customerId,
    customerName: nameOf(db, 'customer', customerId).name,
  };
}

function publisherThing(db: Database, publisher: string): Thing {
  const row = db
    .prepare<{ name: string | null }>('SELECT name FROM supplier_publisher WHERE publisher = ?')
    .get(publisher);
  return { kind: 'publisher', publisher, name: row?.name ?? null };
}

function orderThing(db: Database, id: string): Thing {
  const row = db
    .prepare<{ year: number | null; number: number | null }>(
      'SELECT year, number FROM supplier_order WHERE id = ?',
    )
    .get(id);
  return {
    kind: 'supplier-order',
    id,
    year: row?.year ?? null,
    number: row?.number ?? null,
    exists: row !== undefined,
  };
}
