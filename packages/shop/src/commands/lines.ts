import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { defineCommand } from '../define.ts';
import { ShopError } from '../errors.ts';
import * as field from '../fields.ts';
import type { LineKey, LinePrice } from '../lines.ts';
import { addToLine, moveLine, readLine, setLineField, setLineSum } from '../lines.ts';
import { stockSql } from '../stock-sql.ts';
import { ensureBook } from './books.ts';
import { requireOpenNote } from './notes.ts';
import { requireWarehouse } from './warehouses.ts';

const warehouseId = v.pipe(v.string('Give a warehouse.'), v.maxLength(64, 'This id is too long.'));
/** A line's isbn is the key as stored; it is not checked again, so that a line with a foreign key can be removed. */
const lineKey = { noteId: field.id, isbn: field.id, warehouseId: v.optional(warehouseId, '') };

/**
 * Adds copies of a book, typed or scanned as ISBN-10 or 13. A book that the shop does not have yet is made, with its
 * ISBN only. Inbound lines go to the note's warehouse; outbound ones to the one given, else the note's, else the only
 * one that has enough, else none yet.
 */
export const addLine = defineCommand(
  v.object({
    noteId: field.id,
    isbn: field.isbn,
    quantity: v.optional(v.pipe(field.quantity, v.minValue(1, 'Add at least one copy.')), 1),
    warehouseId: v.optional(warehouseId),
  }),
  (shop, { noteId, isbn, quantity, warehouseId }) => {
    const note = requireOpenNote(shop.db, noteId);
    ensureBook(shop.db, isbn);
    const given = note.kind === 'inbound' ? note.warehouseId : (warehouseId ?? note.warehouseId);
    const target = given === '' ? onlyWarehouseWith(shop.db, { noteId, isbn, quantity }) : given;
    const key = { noteId, isbn, warehouseId: target };
    addToLine(shop, key, quantity, freshPrice(shop.db, key));
    return { ...key, quantity: readLine(shop, key).sum };
  },
);

/** Sets a line's quantity as seen here; copies scanned elsewhere meanwhile are added to it. 0 removes the line. */
export const setLineQuantity = defineCommand(
  v.object({ ...lineKey, quantity: field.quantity }),
  (shop, { quantity, ...key }) => {
    requireOpenNote(shop.db, key.noteId);
    requireLine(shop.db, key);
    setLineSum(shop, key, quantity, freshPrice(shop.db, key));
  },
);

/** Removes the copies seen here; a copy scanned elsewhere at the same time survives. */
export const removeLine = defineCommand(v.object(lineKey), (shop, key) => {
  requireOpenNote(shop.db, key.noteId);
  requireLine(shop.db, key);
  setLineSum(shop, key, 0, freshPrice(shop.db, key));
});

/**
 * Moves copies of an outbound line to a warehouse (all of them, or the given number to split the line). They keep
 * their price; the discount becomes the warehouse's.
 */
export const assignWarehouse = defineCommand(
  v.object({
    ...lineKey,
    toWarehouseId: field.id,
    quantity: v.optional(v.pipe(field.quantity, v.minValue(1, 'Move at least one copy.'))),
  }),
  (shop, { toWarehouseId, quantity, ...from }) => {
    const { db } = shop;
    const note = requireOpenNote(db, from.noteId);
    if (note.kind === 'inbound') {
      throw new ShopError('invalid-input', 'The lines of a purchase go to its own warehouse.', {
        issues: [{ path: 'noteId', message: 'Not an outbound note.' }],
      });
    }
    const { discount } = requireWarehouse(db, toWarehouseId);
    requireLine(db, from);
    if (toWarehouseId === from.warehouseId) return;
    const to = { ...from, warehouseId: toWarehouseId };
    const { price } = readLine(shop, from);
    moveLine(shop, from, to, { price, discount }, quantity);
  },
);

/** Sets what one copy is sold at, in minor units; null is "not known". */
export const setLinePrice = defineCommand(
  v.object({ ...lineKey, price: v.nullable(field.price) }),
  ({ db }, { price, ...key }) => {
    requireOpenNote(db, key.noteId);
    requireLine(db, key);
    setLineField(db, key, 'price', price);
  },
);

/** Sets the discount of a line, in hundredths of a percent; null is none. */
export const setLineDiscount = defineCommand(
  v.object({ ...lineKey, discount: v.nullable(field.discount) }),
  ({ db }, { discount, ...key }) => {
    requireOpenNote(db, key.noteId);
    requireLine(db, key);
    setLineField(db, key, 'discount', discount);
  },
);

/** The one warehouse that has the copies besides those that this note takes already; '' when it is none or several. */
function onlyWarehouseWith(
  db: Database,
  { noteId, isbn, quantity }: { noteId: string; isbn: string; quantity: number },
): string {
  const candidates = db
    .prepare<{ warehouseId: string }>(
      `SELECT stock.warehouse_id AS warehouseId
       FROM ${stockSql('isbn = ?1')} AS stock
         JOIN warehouse ON warehouse.id = stock.warehouse_id
         LEFT JOIN line ON line.note_id = ?2 AND line.isbn = ?1 AND line.warehouse_id = stock.warehouse_id
       WHERE stock.quantity - coalesce(line.quantity, 0) >= ?3 LIMIT 2`,
    )
    .all(isbn, noteId, quantity);
  return candidates.length === 1 ? (candidates[0]?.warehouseId ?? '') : '';
}

/** What a new line is sold at: the book's price now and its warehouse's discount. */
function freshPrice(db: Database, { isbn, warehouseId }: LineKey): LinePrice {
  const book = db.prepare<{ price: number | null }>('SELECT price FROM book WHERE isbn = ?').get(isbn);
  const warehouse = db
    .prepare<{ discount: number }>('SELECT discount FROM warehouse WHERE id = ?')
    .get(warehouseId);
  return { price: book?.price ?? null, discount: warehouse?.discount ?? null };
}

function requireLine(db: Database, { noteId, isbn, warehouseId }: LineKey): void {
  const row = db
    .prepare('SELECT 1 FROM note_line WHERE note_id = ? AND isbn = ? AND warehouse_id = ? LIMIT 1')
    .get(noteId, isbn, warehouseId);
  if (row !== undefined) return;
  throw new ShopError('not-found', 'This line does not exist any more.', {
    kind: 'line',
    id: [noteId, isbn, warehouseId].join('/'),
  });
}
