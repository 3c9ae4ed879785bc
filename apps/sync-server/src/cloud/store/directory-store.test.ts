import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { DirectoryStore } from './directory-store.ts';

const { signal } = new AbortController();

test('what a crash has left in the middle of an upload is removed, and nothing else', async () => {
  const folder = await temporaryFolder();
  const store = new DirectoryStore(folder);
  const bytes = new Uint8Array([1, 2, 3]);
  await store.put('shop/one', { kind: 'bytes', bytes }, { metadata: { a: 'b' }, signal });
  const left = ['.two.1234.part', '.two.metadata'];
  for (const name of [...left, '.three.5678.part']) await writeFile(join(folder, 'shop', name), 'left over');
  for (const name of [...left, 'one', '.one.metadata']) await utimes(join(folder, 'shop', name), 1, 1);
  await store.removeLeftovers('shop/', Date.now() - 60_000, { signal });
  expect((await readdir(join(folder, 'shop'))).sort()).toEqual(['.one.metadata', '.three.5678.part', 'one']);
  expect((await store.get('shop/one', { signal }))?.metadata).toEqual({ a: 'b' });
  await store.removeLeftovers('none/', Date.now(), { signal });
});
