import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { DataFolder } from '../src/data-folder/data-folder.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SHOP = 'shop.sqlite3';
const script = join(import.meta.dirname, 'replacement', 'dying-process.ts');

async function folderWith(files: Record<string, string>): Promise<{ dataDir: string; prepared: string }> {
  const dataDir = await temporaryFolder();
  await mkdir(join(dataDir, 'temporary'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(dataDir, name), content);
  return { dataDir, prepared: join(dataDir, 'temporary', 'next') };
}

/** Replaces in a process that dies after so many steps. Returns the steps that it took. */
function replaceAndDie(dataDir: string, prepared: string, steps: number): Promise<string[]> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, dataDir, SHOP, prepared, String(steps)], (_error, stdout) =>
      resolve(stdout.trim().split('\n')),
    );
  });
}

async function contentOf(...path: string[]): Promise<string | undefined> {
  return readFile(join(...path), 'utf8').catch(() => undefined);
}

describe('a process that is killed while it replaces a database', () => {
  const present = { [SHOP]: 'old', [`${SHOP}-journal`]: 'of old', 'temporary/next': 'new' };
  const cases = [1, 2, 3, 4, 5].map((steps) => ({ steps }));

  test.each(cases)(
    'after step $steps: the old or the new one is there, and what was decided is done at the next start',
    async ({ steps }) => {
      const { dataDir, prepared } = await folderWith(present);
      const taken = await replaceAndDie(dataDir, prepared, steps);
      expect(taken).toHaveLength(steps);
      expect(['old', 'new']).toContain(await contentOf(dataDir, SHOP));

      // More than one start may be interrupted as well.
      await new DataFolder(dataDir).prepare();
      await new DataFolder(dataDir).prepare();
      const decided = steps >= 2;
      expect(await contentOf(dataDir, SHOP)).toBe(decided ? 'new' : 'old');
      expect(await contentOf(dataDir, `${SHOP}-journal`)).toBe(decided ? undefined : 'of old');
      const kept = (await readdir(join(dataDir, 'trash'))).sort();
      expect(await Promise.all(kept.map((name) => contentOf(dataDir, 'trash', name)))).toEqual(
        decided ? ['old', 'of old'] : [],
      );
      if (decided) expect(kept[1]).toBe(`${kept[0]}-journal`);
      expect(await readdir(join(dataDir, 'temporary'))).toEqual([]);
    },
  );

  test('there is no step that was not tried', async () => {
    const { dataDir, prepared } = await folderWith(present);
    expect(await replaceAndDie(dataDir, prepared, Infinity)).toHaveLength(cases.length);
    expect(await contentOf(dataDir, SHOP)).toBe('new');
  });

  test('where there was none before, there is none or the new one', async () => {
    const { dataDir, prepared } = await folderWith({ 'temporary/next': 'new' });
    expect(await replaceAndDie(dataDir, prepared, 2)).toHaveLength(2);
    expect(await contentOf(dataDir, SHOP)).toBeUndefined();
    await new DataFolder(dataDir).prepare();
    expect(await contentOf(dataDir, SHOP)).toBe('new');
    expect(await readdir(join(dataDir, 'trash'))).toEqual([]);
  });
});
