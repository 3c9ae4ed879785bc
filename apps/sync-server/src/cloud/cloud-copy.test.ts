import { expect, test } from 'vitest';
import { CopiedShop } from '../../test/cloud/copied-shop.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';

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
