import { execFile } from 'node:child_process';
import { mkdir, open, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { DirectoryStore } from './directory-store.ts';
import { StoreError } from './object-store.ts';

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

/** Puts something where writing does not end, as on a server that is away; returns what ends it. */
async function hang(folder: string, name: string): Promise<() => Promise<void>> {
  const pipe = join(folder, name);
  await promisify(execFile)('mkfifo', [pipe]);
  return async () => {
    const reader = await open(pipe, 'r');
    await reader.read();
    await reader.close();
  };
}

test('a folder that hangs keeps few threads: nothing more is asked of it before it has answered', async () => {
  const folder = await temporaryFolder();
  const store = new DirectoryStore(folder);
  const content = { kind: 'bytes', bytes: new Uint8Array([1, 2, 3]) } as const;
  await mkdir(join(folder, 'shop'));
  const keys = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `shop/${number}`);
  const release = await Promise.all(keys.map((key) => hang(folder, `shop/.${key.slice(5)}.metadata`)));
  const patience = new AbortController();
  const waiting = keys.map((key) => store.put(key, content, { signal: patience.signal, metadata: {} }));
  const failures = Promise.allSettled(waiting);
  // The two that are let in have written what comes before.
  await vi.waitUntil(async () => (await readdir(join(folder, 'shop'))).filter(isPart).length === 2, {
    timeout: 10_000,
  });
  patience.abort(new StoreError('silent', 'Too long.'));
  expect((await failures).map(({ status }) => status)).toEqual(keys.map(() => 'rejected'));

  await expect(store.put('other', content, { signal, metadata: {} })).rejects.toMatchObject({
    failure: 'silent',
  });
  // Other files can be read and written meanwhile.
  await writeFile(join(folder, 'elsewhere'), 'well');
  expect(await readFile(join(folder, 'elsewhere'), 'utf8')).toBe('well');

  await Promise.all(release.slice(0, 2).map((end) => end()));
  await vi.waitUntil(async () => {
    const put = store.put('other', content, { signal, metadata: {} });
    return put.then(
      () => true,
      () => false,
    );
  });
  expect((await readdir(join(folder, 'shop'))).filter(isPart)).toEqual([]);
  expect((await store.get('other', { signal }))?.bytes).toBe(3);
  expect(await store.get('shop/1', { signal })).toBeUndefined();
});

const isPart = (name: string): boolean => name.endsWith('.part');

test('shows that it goes on while it writes, reads and lists', async () => {
  const store = new DirectoryStore(await temporaryFolder());
  const onProgress = vi.fn();
  const bytes = new Uint8Array(3 * 1024 * 1024);
  const path = join(await temporaryFolder(), 'large');
  await writeFile(path, bytes);
  const content = { kind: 'file', path, bytes: bytes.length } as const;
  await store.put('shop/large', content, { signal, onProgress, metadata: {} });
  expect(onProgress.mock.calls.length).toBeGreaterThan(20);
  onProgress.mockClear();
  const found = await store.get('shop/large', { signal, onProgress });
  expect(found && (await buffer(found.content))).toHaveLength(bytes.length);
  expect(onProgress.mock.calls.length).toBeGreaterThan(10);
});
