import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { S3Server } from '../../../test/s3/s3-server.ts';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { DirectoryStore } from './directory-store.ts';
import type { ObjectStore } from './object-store.ts';
import { S3Store } from './s3-store.ts';

async function directory(): Promise<ObjectStore> {
  return new DirectoryStore(join(await temporaryFolder(), 'cloud'));
}

async function s3(): Promise<ObjectStore> {
  const server = await S3Server.start(await temporaryFolder());
  onTestFinished(() => server.kill());
  return new S3Store(server.place, server);
}

const { signal } = new AbortController();
const metadata = { 'db-version': '7' };

async function contentOf(store: ObjectStore, key: string): Promise<Buffer | undefined> {
  const found = await store.get(key, { signal });
  return found && buffer(found.content);
}

async function keysIn(store: ObjectStore, folder: string): Promise<string[]> {
  const keys = [];
  for await (const { key } of store.list(folder, { signal })) keys.push(key);
  return keys;
}

describe.each([
  ['a folder', directory],
  ['S3', s3],
])('%s as an object store', (_name, open) => {
  test('gives back what it was given, with what lay beside it', async () => {
    const store = await open();
    const bytes = randomBytes(10_000);
    await store.put('shop.sqlite3/a/1', { kind: 'bytes', bytes }, { signal, metadata });
    const found = await store.get('shop.sqlite3/a/1', { signal });
    expect(found?.metadata).toEqual(metadata);
    expect(found?.bytes).toBe(bytes.length);
    expect(found && (await buffer(found.content))).toEqual(bytes);
  });

  test('takes a file of any size', async () => {
    const store = await open();
    const bytes = randomBytes(20 * 1024 * 1024 + 1);
    const path = join(await temporaryFolder(), 'large');
    await writeFile(path, bytes);
    await store.put('large', { kind: 'file', path, bytes: bytes.length }, { signal, metadata });
    const hash = (content: Buffer | undefined) =>
      content && createHash('sha256').update(content).digest('hex');
    expect(hash(await contentOf(store, 'large'))).toBe(hash(bytes));
    expect((await store.get('large', { signal }))?.metadata).toEqual(metadata);
  });

  test('lists a folder in the order of the keys, and nothing else', async () => {
    const store = await open();
    for (const key of ['shop.sqlite3/b/2', 'shop.sqlite3/b/1', 'shop.sqlite3/a/9', 'shop.sqlite34/a'])
      await store.put(key, { kind: 'bytes', bytes: new Uint8Array([1]) }, { signal, metadata });
    expect(await keysIn(store, 'shop.sqlite3/')).toEqual([
      'shop.sqlite3/a/9',
      'shop.sqlite3/b/1',
      'shop.sqlite3/b/2',
    ]);
    expect(await keysIn(store, 'shop.sqlite3/b/')).toEqual(['shop.sqlite3/b/1', 'shop.sqlite3/b/2']);
    expect(await keysIn(store, 'elsewhere/')).toEqual([]);
    expect((await store.roots({ signal })).sort()).toEqual(['shop.sqlite3', 'shop.sqlite34']);
  });

  test('has nothing under a key that was never used, or was removed', async () => {
    const store = await open();
    expect(await store.get('nothing', { signal })).toBeUndefined();
    await store.put('something', { kind: 'bytes', bytes: new Uint8Array([1]) }, { signal, metadata });
    await store.remove('something', { signal });
    await store.remove('something', { signal });
    expect(await store.get('something', { signal })).toBeUndefined();
    expect(await keysIn(store, '')).toEqual([]);
  });

  test.each(['../outside', 'a/../b', '/absolute', 'a//b', '', '.hidden'])(
    'takes no key like "%s"',
    async (key) => {
      const store = await open();
      const content = { kind: 'bytes', bytes: new Uint8Array([1]) } as const;
      await expect(store.put(key, content, { signal, metadata })).rejects.toThrow(RangeError);
    },
  );
});
