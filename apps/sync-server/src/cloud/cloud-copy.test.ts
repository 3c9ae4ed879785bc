import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFile } from '@octavo/crsqlite/node.ts';
import { schema } from '@octavo/shop/schema.ts';
import { Replica } from '@octavo/sync/replica.ts';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { systemClock, systemRandom } from '../databases/system.ts';
import { CloudCopy, type CopyState } from './cloud-copy.ts';
import { parseCopyKey } from './copy-keys.ts';
import type { CopySource } from './copy-source.ts';
import { copyOwner, copyPart } from './replica-copies.ts';
import { DirectoryStore } from './store/directory-store.ts';

const ISBN = 9_790_000_000_000;

/** A shop's file, its copy in a folder, and what the copy was shown as. */
async function shopWithCopy() {
  const folder = await temporaryFolder();
  const path = join(folder, 'shop.sqlite3');
  const database = await openFile(path, { owner: 'a test' });
  onTestFinished(() => database.close());
  const replica = Replica.open(database, { schema, clock: systemClock, random: systemRandom });
  const cloud = join(folder, 'cloud');
  const store = new DirectoryStore(cloud);
  const states: CopyState[] = [];
  const source: CopySource = {
    standing: () =>
      Promise.resolve({ ...copyOwner(replica), head: replica.head(), mark: replica.copyMarks.get() }),
    part: (after, most) => Promise.resolve(copyPart(replica, after, most)),
    file: (target) => {
      copyFileSync(path, target);
      return Promise.resolve({ ...copyOwner(replica), through: replica.head() });
    },
    mark: (mark) => {
      replica.copyMarks.set(mark);
      return Promise.resolve();
    },
  };
  let files = 0;
  const open = async (): Promise<CloudCopy> => {
    const copy = new CloudCopy({
      database: 'shop.sqlite3',
      store,
      source,
      temporaryPath: () => join(folder, `temporary-${(files += 1)}`),
      wall: Date.now,
      logger: pino({ level: 'silent' }),
      onState: (state) => states.push(state),
    });
    await copy.begin();
    return copy;
  };
  const write = (number: number) =>
    replica.write(() => {
      database
        .prepare('INSERT INTO book (isbn, title) VALUES (?, ?)')
        .run(String(ISBN + number), `Book ${number}`);
    });
  const copies = async (): Promise<string[]> => {
    const kinds = [];
    for await (const { key } of store.list('shop.sqlite3/', { signal: new AbortController().signal })) {
      const name = parseCopyKey(key);
      if (name !== undefined) kinds.push(`${name.version} ${name.kind}`);
    }
    return kinds;
  };
  const breakStore = () => {
    mkdirSync(cloud, { recursive: true });
    renameSync(cloud, `${cloud}-away`);
    writeFileSync(cloud, 'no folder');
  };
  const mendStore = () => renameSync(`${cloud}-away`, cloud);
  return { replica, states, open, write, copies, breakStore, mendStore, cloud };
}

test('[CC-3] the first upload is the whole file, each one after it what was written since', async () => {
  const { open, write, copies } = await shopWithCopy();
  const copy = await open();
  expect(copy.state).toMatchObject({ state: 'failed', failure: 'not-yet-copied' });
  for (const number of [1, 2, 3]) {
    write(number);
    await copy.upload();
    expect(copy.state).toMatchObject({ state: 'current', version: number });
  }
  expect(await copies()).toEqual(['1 snapshot', '2 changes', '3 changes']);
});

test('[CC-3] what is written during an upload goes out together in the next', async () => {
  const { replica, open, write, copies } = await shopWithCopy();
  const copy = await open();
  write(1);
  const uploads = [copy.upload()];
  for (const number of [2, 3, 4, 5]) {
    write(number);
    uploads.push(copy.upload());
  }
  await Promise.all(uploads);
  expect(await copies()).toEqual(['1 snapshot', '2 changes']);
  expect(copy.state).toMatchObject({ state: 'current', version: 2, through: replica.head() });
});

test('[CC-3] a restart knows what is copied and what is not', async () => {
  const { open, write, copies } = await shopWithCopy();
  write(1);
  await (await open()).upload();
  expect((await open()).state).toMatchObject({ state: 'current', version: 1 });
  write(2);
  const again = await open();
  expect(again.state).toMatchObject({ state: 'failed', failure: 'not-yet-copied', version: 1 });
  await again.upload();
  expect(await copies()).toEqual(['1 snapshot', '2 changes']);
});

test('[CC-3] a store that fails is said to, and the next upload takes everything along', async () => {
  const { replica, open, write, copies, breakStore, mendStore, cloud } = await shopWithCopy();
  const copy = await open();
  write(1);
  await copy.upload();
  breakStore();
  write(2);
  await copy.upload();
  expect(copy.state).toMatchObject({ state: 'failed', failure: 'unreachable', version: 1 });
  renameSync(cloud, `${cloud}-broken`);
  mendStore();
  write(3);
  await copy.upload();
  expect(copy.state).toMatchObject({ state: 'current', version: 2, through: replica.head() });
  expect(await copies()).toEqual(['1 snapshot', '2 changes']);
});
