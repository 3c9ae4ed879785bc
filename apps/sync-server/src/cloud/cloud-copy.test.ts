import { randomBytes } from 'node:crypto';
import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CopiedShop } from '../../test/cloud/copied-shop.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { toHex } from '@octavo/protocol/identity.ts';
import { newestLineage } from './choose-copies.ts';
import { copiesOfNewest, lineageMarkers } from './stored-shops.ts';
import { DirectoryStore } from './store/directory-store.ts';
import { StoreError, type StoreFailure } from './store/object-store.ts';

/** A store that fails, before or after what it is to put there has arrived, as long as it is told to. */
class FailingStore extends DirectoryStore {
  fails: { keys: RegExp; failure: StoreFailure; arrives?: boolean } | undefined;

  override async put(...args: Parameters<DirectoryStore['put']>): Promise<void> {
    const failing = this.fails?.keys.test(args[0]) === true ? this.fails : undefined;
    if (failing === undefined || failing.arrives === true) await super.put(...args);
    if (failing !== undefined) throw new StoreError(failing.failure, 'It failed.');
  }
}

/** A store that says when it is first asked to keep something, and waits with that. */
class HoldingStore extends DirectoryStore {
  readonly asked = Promise.withResolvers<undefined>();
  readonly goOn = Promise.withResolvers<undefined>();

  override async put(...args: Parameters<DirectoryStore['put']>): Promise<void> {
    this.asked.resolve(undefined);
    await this.goOn.promise;
    await super.put(...args);
  }
}

const incompressible = (bytes: number): string => randomBytes((bytes * 3) / 4).toString('base64');
const signal = AbortSignal.timeout(60_000);

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
  const store = new HoldingStore(shop.cloud);
  const copy = await shop.copy({ store });
  shop.write(1);
  const uploads = [copy.upload()];
  await store.asked.promise;
  store.goOn.resolve(undefined);
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

test.each<[StoreFailure, boolean, number]>([
  // It may have arrived, or may yet: nothing else is ever put under that name.
  ['silent', false, 3],
  ['failed', false, 3],
  // Nothing of it is on its way any more.
  ['unreachable', false, 2],
  ['full', false, 2],
  ['unreachable', true, 3],
])(
  '[CC-3] after an upload that was "%s", and arrived all the same: %s, the next one has version %d',
  async (failure, arrives, version) => {
    const shop = await openShop();
    const store = new FailingStore(shop.cloud);
    const copy = await shop.copy({ store });
    shop.write(1);
    await copy.upload();
    store.fails = { keys: /changes$/, failure, arrives };
    shop.write(2);
    await copy.upload();
    expect(copy.state).toMatchObject({ state: 'failed', failure, version: 1 });
    store.fails = undefined;
    await copy.upload();
    expect(copy.state).toMatchObject({ state: 'current', version });
  },
);

test('[CC-3] whoever asks for an upload hears what came of it, also where the next one is under way', async () => {
  const shop = await openShop();
  const copy = await shop.copy();
  shop.write(1);
  shop.breakStore();
  const uploads = [copy.upload(), copy.upload(), copy.upload()];
  for (const upload of uploads) expect(await upload).toMatchObject({ state: 'failed' });
});

test('[CC-3] in another store the copy begins anew, and its versions go on counting', async () => {
  const shop = await openShop();
  shop.write(1);
  await (await shop.copy()).upload();
  const other = new DirectoryStore(join(shop.folder, 'another cloud'));
  const copy = await shop.copy({ store: other });
  expect(copy.state).toMatchObject({ state: 'failed', failure: 'not-yet-copied', version: 0 });
  await copy.upload();
  shop.write(2);
  await copy.upload();
  const stored = await copiesOfNewest(other, 'shop.sqlite3', { signal });
  expect(stored.map(({ version, kind }) => `${version} ${kind}`)).toEqual(['2 snapshot', '3 changes']);
});

test('[CC-3] a store that was emptied gets the whole file again', async () => {
  const shop = await openShop();
  shop.write(1);
  await (await shop.copy()).upload();
  await rm(shop.cloud, { recursive: true });
  shop.write(2);
  const copy = await shop.copy();
  await copy.upload();
  expect(copy.state).toMatchObject({ state: 'current', version: 2, through: shop.replica.head() });
  expect(await copiesOfNewest(shop.store, 'shop.sqlite3', { signal })).toMatchObject([{ kind: 'snapshot' }]);
});

test('[CC-3] a shop is named in the store once there is a copy of it', async () => {
  const shop = await openShop();
  const store = new FailingStore(shop.cloud);
  const copy = await shop.copy({ store });
  store.fails = { keys: /snapshot$/, failure: 'full' };
  shop.write(1);
  await copy.upload();
  expect(await lineageMarkers(store, 'shop.sqlite3', { signal })).toEqual([]);
  store.fails = undefined;
  await copy.upload();
  expect(await lineageMarkers(store, 'shop.sqlite3', { signal })).toHaveLength(1);
});

test('[CC-3] a shop that was begun later is the newest, also by a clock that is behind', async () => {
  const folder = await temporaryFolder();
  const first = await CopiedShop.open(folder);
  first.write(1);
  await (await first.copy({ wall: () => 2_000_000 })).upload();
  const second = await CopiedShop.open(folder, join(folder, 'second.sqlite3'));
  second.write(2);
  await (await second.copy({ wall: () => 1_000_000 })).upload();
  const markers = await lineageMarkers(first.store, 'shop.sqlite3', { signal });
  expect(newestLineage(markers)).toBe(toHex(second.replica.foundLineage()));
});

test('[CC-3] while the file cannot be copied again, what is written goes out all the same', async () => {
  const shop = await openShop();
  const store = new FailingStore(shop.cloud);
  const copy = await shop.copy({ store });
  shop.write(1);
  await copy.upload();
  store.fails = { keys: /snapshot$/, failure: 'silent' };
  const writeMuch = (isbn: string) =>
    shop.run('INSERT INTO book (isbn, title) VALUES (?, ?)', isbn, incompressible(600_000));
  writeMuch('9790000000991');
  expect(await copy.upload()).toMatchObject({ state: 'failed', failure: 'silent' });
  shop.write(2);
  expect(await copy.upload()).toMatchObject({ state: 'current', through: shop.replica.head() });
  shop.write(3);
  expect(await copy.upload()).toMatchObject({ state: 'current', through: shop.replica.head() });
  // It is tried once more when much more was written.
  writeMuch('9790000000992');
  expect(await copy.upload()).toMatchObject({ state: 'failed', failure: 'silent' });
  store.fails = undefined;
  writeMuch('9790000000993');
  await copy.upload();
  expect((await shop.copyNames()).at(-1)).toMatch(/snapshot$/);
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
