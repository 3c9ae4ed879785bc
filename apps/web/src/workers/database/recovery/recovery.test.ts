import { openMemory } from '@octavo/crsqlite/memory.ts';
import { schema } from '@octavo/shop/schema.ts';
import { Replica } from '@octavo/sync/replica.ts';
import { expect, test } from 'vitest';
import type { RecoveryState } from '#lib/recovery/contract.ts';
import type { DatabaseFolder, OpenedFile } from '../database-folder.ts';
import { clock, random } from '../environment.ts';
import { Generations } from '../generations/generations.ts';
import { MemoryFolder } from '../generations/memory-folder.ts';
import { Recovery } from './recovery.ts';

class Folder extends MemoryFolder implements DatabaseFolder {
  open(): Promise<OpenedFile> {
    return Promise.reject(new Error('Nothing is opened here.'));
  }

  contents(): undefined {
    return undefined;
  }
}

/** The recovery of a shop that is in its third file, whose server does not answer. */
async function recoveryOfThirdFile() {
  const folder = new Folder([['shop.db', new Uint8Array(1)]]);
  const generations = await Generations.read(folder, 'shop.db', () => 0);
  for (const generation of [1, 2]) await generations.switchTo(generation, 'nuked');
  const states: RecoveryState[] = [];
  const recovery = new Recovery({
    replica: Replica.open(await openMemory(), { schema, clock, random }),
    folder,
    generations,
    fill: () => new Promise(() => undefined),
    open: () => Promise.reject(new Error('Nothing is opened here.')),
    onState: (state) => states.push(state),
    resumeStream: () => undefined,
    discardDownload: () => Promise.resolve(),
    handOver: () => Promise.reject(new Error('Nothing is replaced here.')),
  });
  await recovery.begin();
  return { recovery, generations, states };
}

test('a database is replaced by whoever saw it, and not by a request for the one before that is repeated', async () => {
  const { recovery, generations, states } = await recoveryOfThirdFile();
  expect(states[0]).toMatchObject({ inUse: 2 });
  await recovery.replaceDatabase('unsent', 1);
  expect(generations.state.replacement).toBeUndefined();
  await recovery.replaceDatabase('unsent', 2);
  expect(generations.state.replacement).toMatchObject({ carry: 'unsent', why: 'nuked' });
  recovery.close();
});

test('putting a database back is done when it is the one in use', async () => {
  const { recovery, generations } = await recoveryOfThirdFile();
  await recovery.restoreKept(2);
  expect(generations.state.current).toBe(2);
  await expect(recovery.restoreKept(7)).rejects.toMatchObject({ code: 'not-kept' });
  recovery.close();
});
