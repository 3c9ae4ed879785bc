import { expect, test } from 'vitest';
import { chooseCopies, type ListedCopy, newestLineage } from './choose-copies.ts';
import { copyKey, type CopyKind } from './copy-keys.ts';

const [LINEAGE, EPOCH, HERE, THERE] = ['aa', 'ee', '11', '22'].map((two) => two.repeat(16)) as [
  string,
  string,
  string,
  string,
];

function copy(site: string, version: number, kind: CopyKind, storedAt: number): ListedCopy {
  const name = { database: 'shop.sqlite3', lineage: LINEAGE, site, version, epoch: EPOCH, kind };
  return { ...name, key: copyKey(name), bytes: 1, storedAt };
}

const copies = [
  copy(HERE, 1, 'snapshot', 10),
  copy(HERE, 2, 'changes', 20),
  copy(HERE, 3, 'changes', 30),
  copy(HERE, 4, 'snapshot', 40),
  copy(HERE, 5, 'changes', 50),
  copy(THERE, 1, 'snapshot', 25),
  copy(THERE, 2, 'changes', 45),
];

function versions(upTo: Parameters<typeof chooseCopies>[1]): string[] {
  return chooseCopies(copies, upTo).map(
    ({ site, snapshot, changes }) =>
      `${site === HERE ? 'here' : 'there'} ${[snapshot, ...changes].map(({ version }) => version).join(' ')}`,
  );
}

test('[CC-4] everything is the newest copy of the file of each site and the parts after it', () => {
  expect(versions({ kind: 'everything' })).toEqual(['here 4 5', 'there 1 2']);
});

test('[CC-4] a moment is what all sites had stored by then', () => {
  expect(versions({ kind: 'time', at: 45 })).toEqual(['here 4', 'there 1 2']);
  expect(versions({ kind: 'time', at: 35 })).toEqual(['there 1', 'here 1 2 3']);
  expect(versions({ kind: 'time', at: 20 })).toEqual(['here 1 2']);
  expect(versions({ kind: 'time', at: 5 })).toEqual([]);
});

test('[CC-4] a version of a site is the moment in which it was stored', () => {
  expect(versions({ kind: 'version', site: HERE, version: 2 })).toEqual(['here 1 2']);
  expect(versions({ kind: 'version', site: THERE, version: 2 })).toEqual(['here 4', 'there 1 2']);
  expect(versions({ kind: 'version', site: THERE, version: 9 })).toEqual([]);
});

test.each([
  [5, [5, 5]],
  [4, [4, 5]],
] as const)('[CC-4] a crash may leave version %i twice: both are read', (version, expected) => {
  const again = { ...copy(HERE, version, 'changes', 41), epoch: 'dd'.repeat(16) };
  again.key = copyKey(again);
  const [here] = chooseCopies([...copies, again], { kind: 'everything' });
  expect(here?.changes.map((change) => change.version)).toEqual(expected);
});

test.each(['dd', 'ff'])('[CC-4] of two copies of the file with one version the later one counts', (epoch) => {
  const again = { ...copy(HERE, 4, 'snapshot', 48), epoch: epoch.repeat(16) };
  again.key = copyKey(again);
  const all = [...copies, again].sort((left, right) => left.key.localeCompare(right.key));
  const [here] = chooseCopies(all, { kind: 'everything' });
  expect(here?.snapshot.storedAt).toBe(48);
});

test('[CC-4] the shop goes on in the lineage that was founded last', () => {
  const marker = (lineage: string, foundedAt: number) => ({ database: 'shop.sqlite3', lineage, foundedAt });
  expect(newestLineage([marker('a', 5), marker('b', 9), marker('c', 7)])).toBe('b');
  expect(newestLineage([])).toBeUndefined();
});
