import { describe, expect, test } from 'vitest';
import { bringBack } from '../src/recovery/bring-back.ts';
import { type Difference, differencesFrom } from '../src/recovery/differences.ts';
import type { Replica } from '../src/replica.ts';
import { isbn } from './shop-data.ts';
import { World } from './world/world.ts';

/** Two shops of three books each: one differs, and each has a book and a deletion of its own. */
async function twoShops(): Promise<{ kept: Replica; inUse: Replica }> {
  const world = new World();
  const { replica: kept } = await world.offlineClient();
  const { replica: inUse } = await world.offlineClient();
  add(kept, 1, 'Same');
  add(kept, 2, 'As it was changed');
  add(kept, 3, 'Sold since');
  add(kept, 4, 'Removed by mistake');
  remove(kept, 4);
  add(inUse, 1, 'Same');
  add(inUse, 2, 'As it is');
  add(inUse, 4, 'Removed by mistake');
  return { kept, inUse };
}

function add(replica: Replica, number: number, title: string): void {
  replica.write(() => {
    replica.database.prepare('INSERT INTO book (isbn, title) VALUES (?, ?)').run(isbn(number), title);
  });
}

function remove(replica: Replica, number: number): void {
  replica.write(() => {
    replica.database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn(number));
  });
}

const differences = (kept: Replica, inUse: Replica): Difference[] =>
  [...differencesFrom(kept.database, inUse)].flat();
const titles = ({ database }: Replica): unknown[] =>
  database
    .prepare<{ title: string | null }>('SELECT title FROM book ORDER BY isbn')
    .all()
    .map(({ title }) => title);

describe('[WO-3] what only a kept database has', () => {
  test('is brought back record by record, as somebody chooses, and nothing else with it', async () => {
    const { kept, inUse } = await twoShops();
    const [changed, sold, removed] = differences(kept, inUse);
    expect([changed?.key, sold?.key, removed?.key]).toEqual([[isbn(2)], [isbn(3)], [isbn(4)]]);
    inUse.write(() => bringBack(inUse, sold === undefined ? [] : [sold]));
    expect(titles(inUse)).toEqual(['Same', 'As it is', 'Sold since', 'Removed by mistake']);
    expect(differences(kept, inUse)).toEqual([changed, removed]);
  });

  test('is brought back whatever it is: new records, edits and removals', async () => {
    const { kept, inUse } = await twoShops();
    inUse.write(() => bringBack(inUse, differences(kept, inUse)));
    expect(titles(inUse)).toEqual(titles(kept));
    expect(differences(kept, inUse)).toEqual([]);
  });

  test('of which one record is refused leaves all of them as they are', async () => {
    const { kept, inUse } = await twoShops();
    const unknown: Difference = {
      ...{ table: 'book', key: [isbn(9)], deleted: false },
      cells: [{ column: 'no_such_column', value: 1n }],
    };
    expect(() => inUse.write(() => bringBack(inUse, [...differences(kept, inUse), unknown]))).toThrow(
      'no_such_column',
    );
    expect(titles(inUse)).toEqual(['Same', 'As it is', 'Removed by mistake']);
  });

  test('and was removed there and is gone here too, leaves no trace', async () => {
    const { kept, inUse } = await twoShops();
    const removed = differences(kept, inUse).filter(({ deleted }) => deleted);
    remove(inUse, 4);
    const head = inUse.head();
    inUse.write(() => bringBack(inUse, removed));
    expect(inUse.head()).toBe(head);
  });
});
