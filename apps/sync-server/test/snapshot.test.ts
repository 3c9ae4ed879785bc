import { createHash } from 'node:crypto';
import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { openMemory } from '@octavo/crsqlite/memory.ts';
import { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import { schema } from '@octavo/shop/schema.ts';
import { adoptSnapshot } from '@octavo/sync/snapshot/adopt-snapshot.ts';
import { describe, expect, test } from 'vitest';
import { systemRandom } from '../src/databases/system.ts';
import { FILE, NodeClient } from './node-client.ts';
import { rawGet } from './raw-get.ts';
import { ask, exec, post, runServer, shareServer, type TestShop } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const devShop = shareServer();
const plainShop = shareServer({ dev: false });

const ISBN = "printf('978%010d', value)";

/** Adds books `from` to `to - 1` in one transaction of the server. */
async function addBooks(shop: { url: string; database?: string }, from: number, to: number): Promise<void> {
  const numbers = `WITH RECURSIVE numbers (value) AS (VALUES (${from}) UNION ALL SELECT value + 1 FROM numbers WHERE value < ${to - 1})`;
  const { status } = await exec(
    shop,
    `INSERT INTO book (isbn, title, price) ${numbers} SELECT ${ISBN}, 'Book ' || value, value FROM numbers`,
  );
  expect(status).toBe(200);
}

interface Download {
  status: number;
  headers: Headers;
  bytes: Buffer;
}

async function download(address: string, headers: Record<string, string> = {}): Promise<Download> {
  const response = await fetch(`${address}/snapshot`, { headers });
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}

const tagOf = ({ headers }: { headers: Headers }): string => headers.get('etag') ?? '';

/** The snapshots that lie in the data folder. */
async function filesOf({ dataDir, database }: Pick<TestShop, 'dataDir' | 'database'>): Promise<string[]> {
  return (await readdir(join(dataDir, 'snapshots', database))).sort();
}

/** A disk with an adopted snapshot on it. */
async function adopt(compressed: Buffer): Promise<MemoryFileSystem> {
  const disk = new MemoryFileSystem();
  disk.write(FILE, new Uint8Array(gunzipSync(compressed)));
  const database = await openMemory({ fileSystem: disk, name: FILE });
  adoptSnapshot(database, { schema, random: systemRandom });
  database.close();
  return disk;
}

describe('GET /:db/snapshot', () => {
  test('fills a new replica, which goes on from there', async () => {
    const shop = devShop();
    await addBooks(shop, 0, 2_000);
    const { status, headers, bytes } = await download(shop.address);
    expect(status).toBe(200);
    const { body: meta } = await ask(`${shop.address}/meta`);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/gzip',
      'content-length': String(bytes.length),
      'accept-ranges': 'bytes',
      etag: `"${sha256}"`,
      'octavo-sha256': sha256,
      'octavo-lineage': (meta as { lineage: string }).lineage,
      'octavo-db-version': '1',
      'octavo-schema-version': String(schema.version),
      'octavo-database-bytes': String(gunzipSync(bytes).length),
    });

    await addBooks(shop, 2_000, 2_010);
    const client = await NodeClient.connect(shop, await adopt(bytes));
    await client.synced();
    expect(client.rows('SELECT count(*) AS books FROM book')).toEqual([{ books: 2_010 }]);
    client.write("UPDATE book SET title = 'By the client' WHERE price = 7");
    await client.synced();
    expect((await exec(shop, 'SELECT title FROM book WHERE price = 7')).body).toEqual({
      rows: [{ title: 'By the client' }],
    });
  });

  test('has the same headers for HEAD, and answers 304 to whoever has it', async () => {
    const shop = devShop();
    await addBooks(shop, 0, 10);
    const head = await fetch(`${shop.address}/snapshot`, { method: 'HEAD' });
    const whole = await download(shop.address);
    expect(await head.text()).toBe('');
    for (const name of ['etag', 'content-length', 'accept-ranges', 'octavo-sha256', 'octavo-db-version'])
      expect(head.headers.get(name)).toBe(whole.headers.get(name));
    expect(head.headers.get('content-length')).toBe(String(whole.bytes.length));

    const same = await download(shop.address, { 'if-none-match': `"other", ${tagOf(whole)}` });
    expect(same).toMatchObject({ status: 304, bytes: Buffer.alloc(0) });
    expect(tagOf(same)).toBe(tagOf(whole));
    expect((await download(shop.address, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('goes on after a cut in the middle', async () => {
    const shop = devShop();
    await addBooks(shop, 0, 5_000);
    const whole = await download(shop.address);
    const half = Math.floor(whole.bytes.length / 2);

    const cut = new AbortController();
    const response = await fetch(`${shop.address}/snapshot`, { signal: cut.signal });
    const reader = response.body?.getReader();
    const first = Buffer.from((await reader?.read())?.value ?? []).subarray(0, half);
    cut.abort();
    expect(first.length).toBeGreaterThan(0);

    const rest = await download(shop.address, {
      range: `bytes=${first.length}-`,
      'if-range': tagOf(response),
    });
    expect(rest.status).toBe(206);
    expect(rest.headers.get('content-range')).toBe(
      `bytes ${first.length}-${whole.bytes.length - 1}/${whole.bytes.length}`,
    );
    expect(rest.headers.get('content-length')).toBe(String(rest.bytes.length));
    expect(Buffer.concat([first, rest.bytes]).equals(whole.bytes)).toBe(true);
  });

  test('goes on with the one that was begun, also after the next was made, and starts over after two', async () => {
    const shop = devShop();
    await addBooks(shop, 0, 100);
    const first = await download(shop.address);
    await addBooks(shop, 100, 120);
    const second = await download(shop.address);
    expect(tagOf(second)).not.toBe(tagOf(first));

    const resume = { range: 'bytes=100-', 'if-range': tagOf(first) };
    const rest = await download(shop.address, resume);
    expect(rest).toMatchObject({ status: 206, bytes: first.bytes.subarray(100) });
    expect(tagOf(rest)).toBe(tagOf(first));

    await addBooks(shop, 120, 150);
    const third = await download(shop.address);
    expect(await filesOf(shop)).toHaveLength(4);
    const over = await download(shop.address, resume);
    expect(over.status).toBe(200);
    expect(over.bytes.equals(third.bytes)).toBe(true);
    expect(tagOf(over)).toBe(tagOf(third));
  });

  test('is reused while less than 5 % of the log is newer', async () => {
    const shop = devShop();
    // Three cells each: nothing else in the log.
    await addBooks(shop, 0, 100);
    const first = await download(shop.address);
    await addBooks(shop, 100, 104);
    expect(tagOf(await download(shop.address))).toBe(tagOf(first));
    await addBooks(shop, 104, 105);
    expect(tagOf(await download(shop.address))).not.toBe(tagOf(first));
  });

  test('is made once, however many ask at once', async () => {
    const shop = devShop();
    await addBooks(shop, 0, 1_000);
    const downloads = await Promise.all(Array.from({ length: 10 }, () => download(shop.address)));
    expect(new Set(downloads.map(tagOf)).size).toBe(1);
    expect(await filesOf(shop)).toHaveLength(2);
    await expect.poll(() => readdir(join(shop.dataDir, 'temporary'))).toEqual([]);
  });

  test('is of an empty database as well', async () => {
    const shop = devShop();
    const { status, headers, bytes } = await download(shop.address);
    expect(status).toBe(200);
    expect(headers.get('octavo-db-version')).toBe('0');
    const client = await NodeClient.connect(shop, await adopt(bytes));
    await client.synced();
    client.write("INSERT INTO book (isbn, title) VALUES ('9780140328721', 'First')");
    await client.synced();
  });

  test('refuses what cannot be answered, each by its name', async () => {
    const shop = devShop();
    const plain = plainShop();
    await addBooks(shop, 0, 10);
    const { bytes } = await download(shop.address);
    expect(await ask(`${plain.address}/snapshot`)).toMatchObject({
      status: 404,
      body: { error: 'unknown-database' },
    });
    expect(await ask(`${shop.url}/shop.txt/snapshot`)).toMatchObject({
      status: 400,
      body: { error: 'bad-database-name' },
    });
    for (const version of [schema.version - 1, schema.version + 1]) {
      expect(await ask(`${shop.address}/snapshot?schemaVersion=${version}`)).toMatchObject({
        status: 409,
        body: { error: 'other-schema-version' },
      });
    }
    expect((await fetch(`${shop.address}/snapshot?schemaVersion=${schema.version}`)).status).toBe(200);
    expect(await ask(`${shop.address}/snapshot?schemaVersion=one`)).toMatchObject({
      status: 400,
      body: { error: 'invalid-input' },
    });
    const beyond = await ask(`${shop.address}/snapshot`, { headers: { range: `bytes=${bytes.length}-` } });
    expect(beyond).toMatchObject({ status: 416, body: { error: 'range-not-satisfiable' } });
    expect(beyond.headers.get('content-range')).toBe(`bytes */${bytes.length}`);
    expect(await rawGet(shop.url, `/${shop.database}/snapshot`, { host: 'evil.example' })).toMatchObject({
      status: 403,
      body: { error: 'host-not-allowed' },
    });
  });
});

describe('the snapshots in the data folder', () => {
  test('go with a reset, and a download of the old one starts over', async () => {
    const shop = devShop();
    await addBooks(shop, 0, 100);
    const old = await download(shop.address);
    expect((await post(`${shop.address}/reset`, undefined)).status).toBe(200);
    const fresh = await download(shop.address, { range: 'bytes=100-', 'if-range': tagOf(old) });
    expect(fresh.status).toBe(200);
    expect(fresh.headers.get('octavo-lineage')).not.toBe(old.headers.get('octavo-lineage'));
    expect(await filesOf(shop)).toHaveLength(2);
  });

  test('are not mixed up by a reset while one is made', async () => {
    const shop = devShop();
    await addBooks(shop, 0, 3_000);
    const [answer] = await Promise.all([
      fetch(`${shop.address}/snapshot`),
      post(`${shop.address}/reset`, undefined),
    ]);
    await answer.arrayBuffer();
    const { body: meta } = await ask(`${shop.address}/meta`);
    const after = await download(shop.address);
    expect(after.headers.get('octavo-lineage')).toBe((meta as { lineage: string }).lineage);
  });

  test('outlive a restart, except what a crash or the disk has damaged', async () => {
    const dataDir = await temporaryFolder();
    const at = async <T>(run: (url: string) => Promise<T>): Promise<T> => {
      await using server = await runServer({ dataDir });
      return await run(server.url);
    };
    const name = 'shop.sqlite3';
    const first = await at(async (url) => {
      await addBooks({ url }, 0, 100);
      return download(`${url}/${name}`);
    });
    const again = await at((url) => download(`${url}/${name}`));
    expect(tagOf(again)).toBe(tagOf(first));

    const folder = join(dataDir, 'snapshots', name);
    const [file = ''] = await readdir(folder);
    const damaged = Buffer.from(first.bytes);
    damaged.writeUInt8(damaged.readUInt8(500) ^ 1, 500);
    await writeFile(join(folder, file), damaged);
    await writeFile(join(folder, 'left-over.gz'), 'half a snapshot');
    const repaired = await at((url) => download(`${url}/${name}`));
    const sha256 = createHash('sha256').update(repaired.bytes).digest('hex');
    expect(repaired.headers.get('octavo-sha256')).toBe(sha256);
    expect(await filesOf({ dataDir, database: name })).toHaveLength(2);
  });

  test('are not given out for a database that was restored to before them', async () => {
    const dataDir = await temporaryFolder();
    const name = 'shop.sqlite3';
    const path = join(dataDir, name);
    {
      await using server = await runServer({ dataDir });
      await addBooks(server, 0, 100);
    }
    await copyFile(path, `${path}.backup`);
    const newer = await (async () => {
      await using server = await runServer({ dataDir });
      await addBooks(server, 100, 103);
      return await download(`${server.url}/${name}`);
    })();
    await copyFile(`${path}.backup`, path);
    const server = await runServer({ dataDir });
    await addBooks(server, 200, 204);
    await addBooks(server, 204, 208);
    const restored = await download(`${server.url}/${name}`, { range: 'bytes=1-', 'if-range': tagOf(newer) });
    expect(restored.status).toBe(200);
    const client = await NodeClient.connect(server, await adopt(restored.bytes));
    await client.synced();
    expect(client.rows('SELECT count(*) AS books FROM book')).toEqual([{ books: 108 }]);

    // Whoever adopted the newer one before returns what the server has lost.
    const ahead = await NodeClient.connect(server, await adopt(newer.bytes));
    await ahead.synced();
    await client.until('all books', () => client.rows('SELECT isbn FROM book').length === 111);
  });
});

test('a connected client stays connected and goes on while a snapshot is made', async () => {
  const shop = devShop();
  await addBooks(shop, 0, 20_000);
  const before = await download(shop.address);
  const client = await NodeClient.connect(shop, await adopt(before.bytes));
  // Enough for the next one to be made.
  await addBooks(shop, 20_000, 22_000);
  await client.until('all books', () => client.rows('SELECT 1 FROM book').length === 22_000);
  await client.synced();
  const shown = client.watchStates();
  const after = await download(shop.address);
  expect(after.status).toBe(200);
  expect(tagOf(after)).not.toBe(tagOf(before));
  client.write('INSERT INTO book (isbn) VALUES (?)', '9780140328721');
  await client.synced();
  // On a machine that is busy enough a proof of green may be late; nothing was lost on the way, and nothing was made anew.
  for (const status of shown) expect(['synced', 'syncing']).toContain(status);
  expect(client.closes).toEqual([]);
});
