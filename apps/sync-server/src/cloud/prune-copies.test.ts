import { expect, test } from 'vitest';
import { CopiedShop } from '../../test/cloud/copied-shop.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { chooseCopies, type ListedCopy } from './choose-copies.ts';
import type { CopyKind } from './copy-keys.ts';
import { prunableCopies } from './prune-copies.ts';

const DAY = 24 * 60 * 60_000;

/** One copy a day; the first, the fourth and the seventh are of the file. */
const week: ListedCopy[] = [1, 2, 3, 4, 5, 6, 7].map((version) => {
  const kind: CopyKind = version % 3 === 1 ? 'snapshot' : 'changes';
  const name = { database: 'shop.sqlite3', lineage: 'a', site: 'b', version, epoch: 'c', kind };
  return { ...name, key: `${version}.${kind}`, bytes: 100, storedAt: version * DAY };
});

test.each([
  [0, []],
  [3.5, []],
  [4, [1, 2, 3]],
  [6.9, [1, 2, 3]],
  [8, [1, 2, 3, 4, 5, 6]],
])('of a week, what is needed for no moment after day %d', (day, expected) => {
  expect(prunableCopies(week, day * DAY).map(({ version }) => version)).toEqual(expected);
});

test('whatever is removed, every moment from then on can be put together as before', () => {
  for (let before = 0; before <= 8; before += 0.5) {
    const gone = new Set(prunableCopies(week, before * DAY));
    const left = week.filter((copy) => !gone.has(copy));
    for (let at = Math.max(1, before); at <= 8; at += 0.5) {
      const upTo = { kind: 'time', at: at * DAY } as const;
      expect(chooseCopies(left, upTo)).toEqual(chooseCopies(week, upTo));
    }
  }
});

test('a new copy of the file ends what nobody can want any more, and the rest can be restored', async () => {
  const shop = await CopiedShop.open(await temporaryFolder());
  const copy = await shop.copy({ keptMs: -DAY });
  shop.write(1);
  await copy.upload();
  shop.write(2);
  await copy.upload();
  expect(await shop.copyNames()).toEqual(['1 snapshot', '2 changes']);
  // More than the file and the parts so far together.
  shop.run('INSERT INTO book (isbn, title) VALUES (?, ?)', '9790000000999', randomText(800_000));
  await copy.upload();
  await expect.poll(() => shop.copyNames()).toEqual(['3 snapshot']);
  expect(copy.state).toMatchObject({ state: 'current', version: 3, through: shop.replica.head() });
});

/** That does not compress. */
function randomText(length: number): string {
  const pieces = Array.from({ length: Math.ceil(length / 36) }, () => crypto.randomUUID());
  return pieces.join('').slice(0, length);
}
