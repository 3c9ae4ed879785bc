import type { Database } from '@octavo/crsqlite/database.ts';
import { openMemory } from '@octavo/crsqlite/memory.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FinishedWrites } from './finished-writes.ts';

let database: Database;
let now: number;
beforeEach(async () => {
  database = await openMemory();
  database.exec('CREATE TABLE sale (copies INTEGER NOT NULL) STRICT');
  now = 1_000;
});
afterEach(() => database.close());

/** What the worker does with a write: one transaction around it. */
function sell(finished: FinishedWrites, id: string, copies: number, expiresAt = 60_000): unknown {
  return database.transaction(() =>
    finished.once({ id, expiresAt }, () => {
      database.prepare('INSERT INTO sale (copies) VALUES (?)').run(copies);
      if (copies < 0) throw new RangeError('No such sale.');
      return { copies };
    }),
  )();
}
const sold = () => database.prepare('SELECT copies FROM sale').all();
const open = () => new FinishedWrites(database, () => now);

test('a write that is asked for again, of another worker too, is answered and not done twice', () => {
  expect(sell(open(), 'a', 3)).toEqual({ copies: 3 });
  expect(sell(open(), 'a', 3)).toEqual({ copies: 3 });
  expect(sold()).toEqual([{ copies: 3 }]);
});

test('a write that failed left nothing and may be tried again', () => {
  expect(() => sell(open(), 'a', -1)).toThrow(RangeError);
  expect(sold()).toEqual([]);
  expect(sell(open(), 'a', 2)).toEqual({ copies: 2 });
});

test('a write that nobody waits for any more is not begun', () => {
  now = 60_001;
  expect(() => sell(open(), 'a', 3)).toThrow('was not done');
  expect(sold()).toEqual([]);
});

test('what nobody can ask for again is forgotten', () => {
  const finished = open();
  sell(finished, 'old', 1);
  now += 3_600_000;
  for (let write = 0; write < 300; write += 1) sell(finished, `new ${write}`, 1, now + 1);
  expect(database.prepare("SELECT id FROM octavo_finished_write WHERE id = 'old'").get()).toBeUndefined();
});
