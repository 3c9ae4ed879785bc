import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CopiedShop } from '../../test/cloud/copied-shop.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { DirectoryStore } from './store/directory-store.ts';
import { StoreError, type StoreFailure } from './store/object-store.ts';

const openShop = async () => CopiedShop.open(await temporaryFolder());

test('[CC-3] the first upload is the whole file, each one after it what was written since', async () => {
  const shop = await openShop();
  const copy = await shop.copy();
  expect(copy.state).toMatchObject({ state: 'current', version: 0 });
  for (const number of [1, 2, 3]) {
    shop.write(number);
    await copy.upload();
    expect(copy.state).toMatchObject({ state: 'current', version: number });
  }
  expect(await shop.copyNames()).toEqual(['1 snapshot', '2 changes', '3 changes']);
});

test('[CC-3] what is written during an upload goes out together in the next', async () => {
  const shop = await openShop();
  const copy = await shop.copy();
  shop.write(1);
  const uploads = [copy.upload()];
  for (const number of [2, 3, 4, 5]) {
    shop.write(number);
    uploads.push(copy.upload());
  }
  await Promise.all(uploads);
  expect(await shop.copyNames()).toEqual(['1 snapshot', '2 changes']);
  expect(copy.state).toMatchObject({ state: 'current', version: 2, through: shop.replica.head() });
});

test('[CC-3] a restart knows what is copied and what is not', async () => {
  const shop = await openShop();
  shop.write(1);
  await (await shop.copy()).upload();
  expect((await shop.copy()).state).toMatchObject({ state: 'current', version: 1 });
  shop.write(2);
  const again = await shop.copy();
  expect(again.state).toMatchObject({ state: 'failed', failure: 'not-yet-copied', version: 1 });
  await again.upload();
  expect(await shop.copyNames()).toEqual(['1 snapshot', '2 changes']);
});

test('[CC-3] a store that fails is said to, and the next upload takes everything along', async () => {
  const shop = await openShop();
  const copy = await shop.copy();
  shop.write(1);
  await copy.upload();
  shop.breakStore();
  shop.write(2);
  await copy.upload();
  expect(copy.state).toMatchObject({ state: 'failed', failure: 'unreachable', version: 1 });
  shop.mendStore();
  shop.write(3);
  await copy.upload();
  expect(copy.state).toMatchObject({ state: 'current', version: 2, through: shop.replica.head() });
  expect(await shop.copyNames()).toEqual(['1 snapshot', '2 changes']);
});

test('[CC-3] a copy of the file that cannot be read back is none, and the next upload makes another', async () => {
  const shop = await openShop();
  let damages = true;
  class DamagingStore extends DirectoryStore {
    override async put(...args: Parameters<DirectoryStore['put']>): Promise<void> {
      await super.put(...args);
      if (damages && args[0].endsWith('.snapshot')) await truncate(join(shop.cloud, args[0]), 100);
    }
  }
  const copy = await shop.copy({ store: new DamagingStore(shop.cloud) });
  shop.write(1);
  await copy.upload();
  expect(copy.state).toMatchObject({ state: 'failed', failure: 'damaged', version: 0 });
  expect(await shop.copyNames()).toEqual([]);
  damages = false;
  await copy.upload();
  expect(copy.state).toMatchObject({ state: 'current', through: shop.replica.head() });
  expect(await shop.copyNames()).toEqual(['2 snapshot']);
});

test.each<[StoreFailure, number]>([
  // It may have arrived, or may yet: nothing else is ever put under that name.
  ['silent', 3],
  ['failed', 3],
  // Nothing of it can be there.
  ['unreachable', 2],
  ['full', 2],
])('[CC-3] after an upload that was "%s" the next one has version %d', async (failure, version) => {
  const shop = await openShop();
  let fails = false;
  class FailingStore extends DirectoryStore {
    override async put(...args: Parameters<DirectoryStore['put']>): Promise<void> {
      if (fails) throw new StoreError(failure, 'It failed.');
      await super.put(...args);
    }
  }
  const copy = await shop.copy({ store: new FailingStore(shop.cloud) });
  shop.write(1);
  await copy.upload();
  fails = true;
  shop.write(2);
  await copy.upload();
  expect(copy.state).toMatchObject({ state: 'failed', failure, version: 1 });
  fails = false;
  await copy.upload();
  expect(copy.state).toMatchObject({ state: 'current', version });
});

test.each(['snapshot', 'changes'])(
  '[CC-3] after a crash between the upload of a %s and the note of it nothing is put under the same version',
  async (kind) => {
    const shop = await openShop();
    shop.write(1);
    if (kind === 'changes') await (await shop.copy()).upload();
    shop.write(2);
    shop.forgetsMarks = true;
    await (await shop.copy()).upload();
    shop.forgetsMarks = false;
    shop.write(3);
    const again = await shop.copy();
    expect(again.state).toMatchObject({ state: 'failed', failure: 'not-yet-copied' });
    await again.upload();
    const expected =
      kind === 'snapshot' ? ['1 snapshot', '2 snapshot'] : ['1 snapshot', '2 changes', '3 changes'];
    expect(await shop.copyNames()).toEqual(expected);
  },
);
