import { afterEach, describe, expect, it } from 'vitest';
import type { Replica } from '../test/replica.ts';
import { head, merge, openReplica, rowsOf, sync } from '../test/replica.ts';
import { ShopError } from './errors.ts';
import { migrateTo, userVersion } from './migrations.ts';
import { firstRooms } from './migrations/001-first-rooms.ts';
import type { Schema } from './schema.ts';
import { schema } from './schema.ts';

const CRRS = [
  'book',
  'warehouse',
  'note',
  'note_line',
  'customer',
  'customer_order_line',
  'supplier',
  'supplier_publisher',
  'supplier_order',
  'supplier_order_line',
  'command_receipt',
  'book_cover',
];

const firstSchema: Schema = {
  name: 'octavo-shop',
  version: 1,
  migrate: (db) => migrateTo(db, [firstRooms]),
};

const open: Replica[] = [];
async function replica(label: string, of?: Schema): Promise<Replica> {
  const opened = await openReplica(label, of);
  open.push(opened);
  return opened;
}
afterEach(() => {
  for (const opened of open.splice(0)) opened[Symbol.dispose]();
});

describe('migrations', () => {
  it('bring an empty file to the current version and change nothing the second time', async () => {
    const { db } = await replica('a');
    expect(userVersion(db)).toBe(schema.version);
    const before = db.prepare('SELECT sql FROM sqlite_schema ORDER BY name').all();
    schema.migrate(db);
    expect(db.prepare('SELECT sql FROM sqlite_schema ORDER BY name').all()).toEqual(before);
  });

  it('write nothing that is replicated: every replica would author its own copy', async () => {
    const { db } = await replica('a');
    expect(head(db)).toBe(0n);
  });

  it('take a file with data from an old version to a new one, and both versions go on merging', async () => {
    const old = await replica('old', firstSchema);
    const updated = await replica('updated', firstSchema);
    updated.db.exec("INSERT INTO book (isbn, title) VALUES ('9780439023481', 'Before')");
    const before = head(updated.db);
    schema.migrate(updated.db);
    expect(userVersion(updated.db)).toBe(schema.version);
    expect(head(updated.db)).toBe(before);
    updated.db.exec("INSERT INTO customer (id, name) VALUES ('c', 'Ada')");
    updated.db.exec("UPDATE book SET title = 'After'");
    old.db.exec("INSERT INTO book (isbn, title) VALUES ('9780439554930', 'Other')");
    merge(old.db, updated.db);
    expect(rowsOf(updated.db, 'book')).toHaveLength(2);
    expect(updated.db.prepare('SELECT name FROM customer').all()).toEqual([{ name: 'Ada' }]);
  });

  it('leave the file at the last whole version when one fails', async () => {
    const { db } = await replica('a', firstSchema);
    const failing = (): void => {
      db.exec('CREATE TABLE half (id INTEGER)');
      throw new Error('no power');
    };
    expect(() => migrateTo(db, [firstRooms, failing])).toThrow('no power');
    expect(userVersion(db)).toBe(1);
    expect(db.prepare("SELECT name FROM sqlite_schema WHERE name = 'half'").get()).toBeUndefined();
  });

  it('refuse a file that a newer program wrote', async () => {
    const { db } = await replica('a');
    db.exec('PRAGMA user_version = 99');
    expect(() => schema.migrate(db)).toThrow(ShopError);
    expect(() => schema.migrate(db)).toThrow(/newer version of Octavo/u);
  });
});

describe('tables', () => {
  it.each(CRRS)('%s takes a row of its primary key and any one column', async (table) => {
    const { db } = await replica('a');
    const columns = db
      .prepare<{ name: string; pk: number; type: string }>(`PRAGMA table_info(${table})`)
      .all();
    const key = columns.filter(({ pk }) => pk > 0).map(({ name }) => name);
    const values = new Map([['kind', "'outbound'"]]);
    for (const [index, { name, type }] of columns.filter(({ pk }) => pk === 0).entries()) {
      const value = values.get(name) ?? (type === 'INTEGER' ? '1' : "'text'");
      const keys = key.map(() => `'key-${index}'`).join(', ');
      db.exec(`INSERT INTO ${table} (${[...key, name].join(', ')}) VALUES (${keys}, ${value})`);
    }
    expect(rowsOf(db, table)).toHaveLength(columns.length - key.length);
  });

  it.each(CRRS)('%s is STRICT', async (table) => {
    const { db } = await replica('a');
    const row = db
      .prepare<{ strict: number }>('SELECT strict FROM pragma_table_list WHERE name = ?')
      .get(table);
    expect(row?.strict).toBe(1);
  });

  it('half a row, as a peer of an older version sends it, merges and reads', async () => {
    const [a, b] = [await replica('a'), await replica('b')];
    a.db.exec("INSERT INTO note (id, name) VALUES ('n', 'half a note')");
    a.db.exec(
      "INSERT INTO note_line (note_id, isbn, warehouse_id, opening) VALUES ('n', '9780439023481', '', 'x')",
    );
    merge(a.db, b.db);
    expect(rowsOf(b.db, 'note')).toEqual(rowsOf(a.db, 'note'));
    expect(b.db.prepare('SELECT kind, committed_at FROM note').get()).toEqual({
      kind: 'inbound',
      committed_at: null,
    });
    expect(b.db.prepare('SELECT quantity FROM note_line').get()).toEqual({ quantity: 0 });
  });

  it.each([
    ['book', 'isbn', "UPDATE book SET isbn = 'other'"],
    ['warehouse', 'id', "UPDATE warehouse SET id = 'other'"],
    ['note', 'id', "UPDATE note SET id = 'other'"],
    ['note_line', 'note_id', "UPDATE note_line SET warehouse_id = 'other'"],
    ['note_line', 'note_id', "UPDATE note_line SET opening = 'other'"],
  ])('[V-5] %s refuses a changed primary key', async (table, _key, sql) => {
    const { db } = await replica('a');
    db.exec(
      table === 'note_line' ? "INSERT INTO note_line VALUES ('n', 'i', 'w', 'o', 1, NULL, NULL, NULL)" : '',
    );
    if (table !== 'note_line') db.exec(`INSERT INTO ${table} (${_key}) VALUES ('one')`);
    const before = rowsOf(db, table);
    expect(() => db.exec(sql)).toThrow(/primary key of \w+ never changes/u);
    expect(rowsOf(db, table)).toEqual(before);
  });

  it('[V-5] the guard lets everything else pass: same key set again, merges, deletes, rows that come back', async () => {
    const [a, b] = [await replica('a'), await replica('b')];
    a.db.exec("INSERT INTO book (isbn, title) VALUES ('9780439023481', 'one')");
    a.db.exec("UPDATE book SET isbn = '9780439023481', title = 'two'");
    sync(a, b);
    b.db.exec("UPDATE book SET title = 'three'");
    a.db.exec('DELETE FROM book');
    sync(a, b);
    a.db.exec("INSERT INTO book (isbn, year) VALUES ('9780439023481', 1999)");
    b.db.exec("INSERT INTO book (isbn, publisher) VALUES ('9780439023481', 'p')");
    sync(a, b);
    sync(a, b);
    expect(rowsOf(a.db, 'book')).toEqual(rowsOf(b.db, 'book'));
    expect(rowsOf(a.db, 'book')).toHaveLength(1);
  });

  it('a number that would overflow a sum is refused by every replica', async () => {
    const { db } = await replica('a');
    expect(() =>
      db.exec(
        "INSERT INTO note_line (note_id, isbn, warehouse_id, opening, quantity) VALUES ('n', 'i', '', 'o', 9223372036854775807)",
      ),
    ).toThrow();
  });
});
