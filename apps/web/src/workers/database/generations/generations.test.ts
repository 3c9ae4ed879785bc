import { expect, test } from 'vitest';
import { Generations, KEPT_MS, POINTER } from './generations.ts';
import { MemoryFolder, PowerCut } from './memory-folder.ts';

const NAME = 'shop.sqlite3';
const bytes = (text: string) => new TextEncoder().encode(text);
const START = Date.UTC(2026, 10, 21);

const read = (folder: MemoryFolder, now = START) => Generations.read(folder, NAME, () => now);
const names = (folder: MemoryFolder) => [...folder.content.keys()].sort();

function withOneFile(): MemoryFolder {
  return new MemoryFolder([[NAME, bytes('the first')]]);
}

/** What the app does to replace a database. */
async function replace(folder: MemoryFolder, content: string): Promise<number> {
  const generations = await read(folder);
  const fresh = await generations.fresh();
  await generations.begin({ generation: fresh, carry: 'unsent', why: 'nuked', askedAt: 0 });
  await folder.write(generations.fileOf(fresh), 0, bytes(content));
  await generations.switchTo(fresh, 'nuked');
  await generations.tidy();
  return fresh;
}

async function current(folder: MemoryFolder): Promise<string | undefined> {
  const generations = await read(folder);
  const content = await folder.read(generations.currentFile);
  return content && new TextDecoder().decode(content);
}

test('a profile from before there were generations goes on with its file, and nothing is written', async () => {
  const folder = withOneFile();
  const generations = await read(folder);
  expect(generations.currentFile).toBe(NAME);
  await generations.tidy();
  expect(names(folder)).toEqual([NAME]);
});

test('a replaced database is kept, with its size, date and reason', async () => {
  const folder = withOneFile();
  await replace(folder, 'the second');
  expect(await current(folder)).toBe('the second');
  expect(await (await read(folder)).kept()).toEqual([
    { generation: 0, replacedAt: START, why: 'nuked', size: 'the first'.length },
  ]);
});

test('the newest comes first, and each has a number of its own', async () => {
  const folder = withOneFile();
  expect(await replace(folder, 'the second')).toBe(1);
  expect(await replace(folder, 'the third')).toBe(2);
  expect((await (await read(folder)).kept()).map(({ generation }) => generation)).toEqual([1, 0]);
});

test('after 14 days it is deleted, and not before', async () => {
  const folder = withOneFile();
  await replace(folder, 'the second');
  await (await read(folder, START + KEPT_MS)).tidy();
  expect(names(folder)).toEqual([POINTER, NAME, `${NAME}.1`]);
  await (await read(folder, START + KEPT_MS + 1)).tidy();
  expect(names(folder)).toEqual([POINTER, `${NAME}.1`]);
  expect(await current(folder)).toBe('the second');
});

test('it can be deleted before', async () => {
  const folder = withOneFile();
  await replace(folder, 'the second');
  const generations = await read(folder);
  await generations.forget(0);
  await generations.forget(1);
  expect(names(folder)).toEqual([POINTER, `${NAME}.1`]);
  expect(await generations.kept()).toEqual([]);
});

test('it can be made the database again, and what it replaces is kept in turn', async () => {
  const folder = withOneFile();
  await replace(folder, 'the second');
  await (await read(folder)).switchTo(0, 'restored');
  expect(await current(folder)).toBe('the first');
  expect(await (await read(folder)).kept()).toEqual([
    { generation: 1, replacedAt: START, why: 'restored', size: 'the second'.length },
  ]);
});

test('a replacement that was begun is known after a restart, and its file is left-over once it is cancelled', async () => {
  const folder = withOneFile();
  const generations = await read(folder);
  const replacement = { carry: 'everything', why: 'kept-mine', askedAt: 7 } as const;
  await generations.begin({ generation: await generations.fresh(), ...replacement });
  await folder.write(`${NAME}.1`, 0, bytes('half'));
  const restarted = await read(folder.restarted());
  expect(restarted.state.replacement).toEqual({ generation: 1, ...replacement });
  await (await read(folder)).tidy();
  expect(names(folder)).toContain(`${NAME}.1`);

  const again = await read(folder);
  await again.cancel();
  await again.tidy();
  expect(names(folder)).toEqual([POINTER, NAME]);
  expect(await current(folder)).toBe('the first');
});

test('files of others are never touched', async () => {
  const folder = withOneFile();
  folder.content.set('export', bytes('a copy'));
  folder.content.set(`${NAME}.old`, bytes('somebody’s'));
  await replace(folder, 'the second');
  folder.content.set(`${NAME}.7`, bytes('left over'));
  folder.content.set(`${NAME}.8-journal`, bytes('left over'));
  await (await read(folder)).tidy();
  expect(names(folder)).toEqual(['export', POINTER, NAME, `${NAME}.1`, `${NAME}.old`]);
});

test('whenever the power is cut on the way, the database is the old one or the new one, whole', async () => {
  let cuts = 0;
  const seen = new Set<string>();
  for (let power = 0; ; power += 1) {
    const folder = withOneFile();
    await replace(folder, 'the second');
    folder.power = power;
    const through = await survives(replace(folder, 'the third'));
    const restarted = folder.restarted();
    const text = await current(restarted);
    expect(['the second', 'the third']).toContain(text);
    seen.add(text ?? '');
    const generations = await read(restarted);
    await generations.tidy();
    // The first one is kept in any case, and the second is in use or kept.
    const kept = (await generations.kept()).map(({ generation, size }) => [generation, size]);
    expect(kept).toEqual(
      text === 'the third'
        ? [
            [1, 'the second'.length],
            [0, 'the first'.length],
          ]
        : [[0, 'the first'.length]],
    );
    // And it can be gone through again.
    await replace(restarted, 'the fourth');
    expect(await current(restarted)).toBe('the fourth');
    if (through) break;
    cuts += 1;
  }
  expect(cuts).toBeGreaterThan(300);
  expect(seen).toEqual(new Set(['the second', 'the third']));
});

test('nor is anything lost when it is cut while kept databases are deleted or put back', async () => {
  for (let power = 0; power < 400; power += 1) {
    const folder = withOneFile();
    await replace(folder, 'the second');
    await replace(folder, 'the third');
    folder.power = power;
    const generations = await read(folder);
    await survives(generations.switchTo(1, 'restored').then(() => generations.forget(0)));
    const restarted = folder.restarted();
    const after = await read(restarted);
    await after.tidy();
    const { current: used, kept } = after.state;
    for (const generation of [used, ...kept.map((entry) => entry.generation)])
      expect(names(restarted)).toContain(after.fileOf(generation));
    expect(new Set([used, ...kept.map((entry) => entry.generation)])).toEqual(
      new Set(kept.length === 2 ? [0, 1, 2] : [1, 2]),
    );
  }
});

test('a database that cannot be opened is put aside and kept, wherever the power goes', async () => {
  for (let power = 0; ; power += 1) {
    const folder = withOneFile();
    folder.power = power;
    const through = await survives((await read(folder)).setAside());
    const after = await read(folder.restarted());
    expect(names(folder.restarted())).toContain(NAME);
    expect(after.currentFile).toBe(through ? `${NAME}.1` : NAME);
    if (!through) continue;
    expect(await after.kept()).toMatchObject([{ generation: 0, why: 'damaged', replacedAt: START }]);
    return;
  }
});

test('where it cannot be told which file is the database, that is known, and putting aside keeps all of them', async () => {
  const names = [NAME, `${NAME}.2`, `${NAME}.2-journal`, POINTER];
  const folder = new MemoryFolder(names.map((name) => [name, bytes('nonsense')]));
  const generations = await read(folder);
  expect(await generations.isUndecided()).toBe(true);
  await generations.setAside();
  await generations.tidy();
  expect(generations.currentFile).toBe(`${NAME}.3`);
  expect((await generations.kept()).map(({ generation }) => generation)).toEqual([2, 0]);
  expect(folder.content.has(`${NAME}.2-journal`)).toBe(true);
});

test('one file alone is the database, whatever became of the record', async () => {
  const folder = withOneFile();
  folder.content.set(POINTER, bytes('nonsense'));
  expect(await (await read(folder)).isUndecided()).toBe(false);
});

/** Whether it came through before the power was gone. */
async function survives(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
    return false;
  }
}
