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
      return { kind: 'book', isbn: first, ...bookTitle(db, first) };
    case 'warehouse':
      return { kind: 'warehouse', id: first, ...warehouseName(db, first) };
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
        warehouseName: warehouseName(db, third).name,
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

function warehouseName(db: Database, id: string): { name: string | null; exists: boolean } {
  const row = db.prepare<{ name: string | null }>('SELECT name FROM warehouse WHERE id = ?').get(id);
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
