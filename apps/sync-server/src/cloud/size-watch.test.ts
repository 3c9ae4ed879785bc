import { truncate, writeFile } from 'node:fs/promises';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { DataFolder } from '../data-folder/data-folder.ts';
import { adviceFor } from './size-advice.ts';
import { SizeWatch } from './size-watch.ts';
import { UploadCounts } from './upload-counts.ts';

const NAME = 'shop.sqlite3';
const KB = 1024;

async function watched() {
  const folder = new DataFolder(await temporaryFolder());
  const lines: { level: number; msg: string; bytes: number; advice: string }[] = [];
  const logger = pino(
    { level: 'info' },
    { write: (line: string) => void lines.push(JSON.parse(line) as never) },
  );
  const counts = new UploadCounts(Date.now);
  const watch = new SizeWatch({ folder, limits: { info: 512 * KB, warning: KB * KB }, counts, logger });
  await writeFile(folder.pathOf(NAME), '');
  const grow = async (bytes: number): Promise<void> => {
    await truncate(folder.pathOf(NAME), bytes);
    watch.look(NAME);
    await vi.waitUntil(() => watch.sizeOf(NAME)?.bytes === bytes);
  };
  return { watch, grow, lines, counts };
}

test('a database that grows is spoken of once at each limit', async () => {
  const { watch, grow, lines } = await watched();
  await grow(100 * KB);
  expect(watch.sizeOf(NAME)).toMatchObject({ level: 'small', advice: undefined });
  expect(lines).toEqual([]);
  for (const size of [512, 600, 700]) await grow(size * KB);
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([[30, 'the database grows']]);
  for (const size of [1024, 2000, 900, 950]) await grow(size * KB);
  expect(lines.map(({ level }) => level)).toEqual([30, 40]);
  expect(lines[1]).toMatchObject({ msg: 'the database is large', bytes: 1024 * KB });
  expect(watch.levels).toEqual(new Map([[NAME, 'noted']]));
});

test('one that is large at the start is spoken of then', async () => {
  const { grow, lines } = await watched();
  await grow(3_000 * KB);
  expect(lines).toHaveLength(1);
  expect(lines[0]?.advice).toContain('Nothing has to be done');
});

test('the advice is about what the copies really cost', () => {
  const counts = new UploadCounts(() => 0);
  counts.count(NAME, { kind: 'snapshot', bytes: 9 * KB * KB, milliseconds: 1_200 });
  expect(adviceFor(30 * KB * KB, counts.of(NAME))).toContain('9.0 MB and took 1.2 s, now and then');
  counts.count(NAME, { kind: 'snapshot', bytes: 9 * KB * KB, milliseconds: 60_000 });
  expect(adviceFor(30 * KB * KB, counts.of(NAME))).toContain('a store that is nearer');
  for (let part = 0; part < 5_001; part += 1)
    counts.count(NAME, { kind: 'changes', bytes: 200, milliseconds: 5 });
  expect(adviceFor(30 * KB * KB, counts.of(NAME))).toContain('5001 objects were uploaded within a day');
  expect(counts.of(NAME)).toMatchObject({ objects: 5_003, partsPerDay: 5_001, partMs: 5 });
});

test('parts of the day before are no longer counted', () => {
  let now = 0;
  const counts = new UploadCounts(() => now);
  const part = { kind: 'changes', bytes: 1, milliseconds: 1 } as const;
  counts.count(NAME, part);
  now = 23 * 60 * 60_000;
  counts.count(NAME, part);
  expect(counts.of(NAME).partsPerDay).toBe(2);
  now = 25 * 60 * 60_000;
  expect(counts.of(NAME).partsPerDay).toBe(1);
  counts.count(NAME, part);
  expect(counts.of(NAME)).toMatchObject({ objects: 3, partsPerDay: 2 });
});
