import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CopiedShop } from '../../test/cloud/copied-shop.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { chooseCopies, type UpTo } from './choose-copies.ts';
import { rebuildShop } from './rebuild-shop.ts';

/** A shop with a copy of its file, and of three things that were done since. */
async function copiedShop(): Promise<CopiedShop> {
  const shop = await CopiedShop.open(await temporaryFolder());
  const copy = await shop.copy();
  for (const number of [1, 2, 3]) shop.write(number);
  await copy.upload();
  shop.write(4);
  await copy.upload();
  shop.run("UPDATE book SET title = 'Changed' WHERE title = 'Book 2'");
  await copy.upload();
  shop.run("DELETE FROM book WHERE title IN ('Book 1', 'Book 3')");
  await copy.upload();
  return shop;
}

async function rebuilt(shop: CopiedShop, upTo: UpTo, name = 'rebuilt.sqlite3'): Promise<CopiedShop> {
  const target = join(shop.folder, name);
  const copies = chooseCopies(await shop.copies(), upTo);
  await rebuildShop({
    store: shop.store,
    copies,
    target,
    owner: 'a test',
    signal: new AbortController().signal,
  });
  return CopiedShop.open(shop.folder, target);
}

test('[CC-4] a shop comes back as it was, under a site id of its own and in its lineage', async () => {
  const shop = await copiedShop();
  const again = await rebuilt(shop, { kind: 'everything' });
  expect(again.books()).toEqual(shop.books());
  expect(again.replica.lineage()).toEqual(shop.replica.lineage());
  expect(again.replica.siteId).not.toEqual(shop.replica.siteId);
  expect(again.replica.quarantine.count()).toBe(0);
});

test('[CC-4] it comes back as it was at any upload: what was deleted afterwards is there', async () => {
  const shop = await copiedShop();
  const [{ site } = { site: '' }] = await shop.copies();
  const before = await rebuilt(shop, { kind: 'version', site, version: 3 });
  expect(before.books()).toHaveLength(4);
  expect(before.books()).toContainEqual(expect.objectContaining({ title: 'Changed' }));
});

test('[CC-4] servers that share a store come together, whoever had written what', async () => {
  const shop = await copiedShop();
  const second = await rebuilt(shop, { kind: 'everything' }, 'second.sqlite3');
  second.write(10);
  await (await second.copy()).upload();
  shop.write(20);
  await (await shop.copy()).upload();
  const both = await rebuilt(shop, { kind: 'everything' }, 'third.sqlite3');
  expect(both.books()).toHaveLength(4);
  expect(both.books()).toEqual(expect.arrayContaining([...shop.books(), ...second.books()]));
});

test('[CC-4] a copy that is damaged is noticed, and leaves nothing behind', async () => {
  const shop = await copiedShop();
  for (const { key } of await shop.copies()) {
    const path = join(shop.cloud, key);
    const name = `from-${key.replaceAll('/', '-')}.sqlite3`;
    const bytes = await readFile(path);
    const changed = Buffer.from(bytes);
    changed[changed.length - 12] = (changed.at(-12) ?? 0) ^ 1;
    await writeFile(path, changed);
    await expect(rebuilt(shop, { kind: 'everything' }, name)).rejects.toThrow();
    expect(existsSync(join(shop.folder, name))).toBe(false);
    await writeFile(path, bytes);
  }
});
