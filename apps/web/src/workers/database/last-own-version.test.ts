import { ClockTables } from '@octavo/sync/storage/clock-tables.ts';
import { openReplica, sync } from '@octavo/shop/test/replica.ts';
import { expect, it } from 'vitest';
import { lastOwnVersion } from './last-own-version.ts';

it('is of what was written here, whatever was merged before or since', async () => {
  using here = await openReplica('here');
  using other = await openReplica('other');
  const clocks = new ClockTables(here.db);
  const last = (after = 0n) => lastOwnVersion(here.db, clocks.tables, after);
  const write = (to: typeof here, isbn: string) =>
    to.db.prepare('INSERT INTO book (isbn) VALUES (?)').run(isbn);

  write(other, 'theirs 1');
  sync(here, other);
  expect(clocks.head()).toBeGreaterThan(0n);
  expect(last()).toBe(0n);
  write(here, 'mine');
  const mine = clocks.head();
  write(other, 'theirs 2');
  sync(here, other);
  expect(clocks.head()).toBeGreaterThan(mine);
  expect(last()).toBe(mine);
  expect(last(mine)).toBe(mine);
});
