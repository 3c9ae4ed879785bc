import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { MemoryFolder } from '../generations/memory-folder.ts';
import { fetchSnapshot, type SnapshotFetch } from './fetch-snapshot.ts';
import { DownloadStore } from './stored-download.ts';

const TARGET = 'shop.sqlite3.1';
const database = new Uint8Array(randomBytes(3_000_000));
const compressed = new Uint8Array(gzipSync(database, { level: 1 }));

/** A server with one snapshot, whose connection ends after so many bytes of each answer. */
class SnapshotServer {
  readonly requests: Headers[] = [];
  cutAfter = Infinity;
  content = compressed;
  readonly #tag = createHash('sha256').update(compressed).digest('hex');

  readonly fetch = (_address: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const asked = new Headers(init?.headers);
    this.requests.push(asked);
    const etag = `"${this.#tag}"`;
    if (asked.get('if-none-match') === etag) return Promise.resolve(new Response(null, { status: 304 }));
    const start = asked.get('if-range') === etag ? Number(/\d+/.exec(asked.get('range') ?? '')?.[0] ?? 0) : 0;
    const rest = this.content.slice(start);
    const headers: Record<string, string> = {
      etag,
      'octavo-sha256': this.#tag,
      'octavo-database-bytes': String(database.length),
      'octavo-cells': '1000',
      'octavo-db-version': '10',
      'content-length': String(rest.length),
    };
    if (start >= this.content.length) return Promise.resolve(new Response(null, { status: 416, headers }));
    if (start > 0)
      headers['content-range'] = `bytes ${start}-${this.content.length - 1}/${this.content.length}`;
    return Promise.resolve(new Response(this.#body(rest), { status: start > 0 ? 206 : 200, headers }));
  };

  #body(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
    const end = Math.min(bytes.length, this.cutAfter);
    const isCut = end < bytes.length;
    let at = 0;
    return new ReadableStream({
      pull: (controller) => {
        if (at < end) {
          controller.enqueue(bytes.subarray(at, Math.min(end, at + 65_536)));
          at += 65_536;
        } else if (isCut) controller.error(new TypeError('network error'));
        else controller.close();
      },
    });
  }
}

async function run(server: SnapshotServer, folder: MemoryFolder, options: Partial<SnapshotFetch> = {}) {
  const store = await DownloadStore.read(folder);
  const progress: number[] = [];
  await fetchSnapshot({
    address: new URL('http://127.0.0.1/shop.sqlite3/snapshot'),
    token: undefined,
    folder,
    store,
    target: TARGET,
    signal: new AbortController().signal,
    isWanted: () => true,
    onProgress: (done) => progress.push(done),
    fetch: server.fetch,
    ...options,
  });
  return progress;
}

const failing = (code: string) => expect.objectContaining({ name: 'SnapshotFailure', code }) as Error;
const targetOf = (folder: MemoryFolder) => Buffer.from(folder.content.get(TARGET) ?? []);

test('fills the file, and says how far it is', async () => {
  const folder = new MemoryFolder();
  const progress = await run(new SnapshotServer(), folder);
  expect(targetOf(folder).equals(database)).toBe(true);
  expect(progress.length).toBeGreaterThan(10);
  expect(progress).toEqual(progress.toSorted((left, right) => left - right));
  expect(progress.at(-1)).toBe(compressed.length);
});

test('after a cut, only what has not come is asked for', async () => {
  const folder = new MemoryFolder();
  const server = new SnapshotServer();
  server.cutAfter = 1_000_000;
  await expect(run(server, folder)).rejects.toThrow(failing('cut'));
  // The browser was closed in between.
  await expect(run(server, folder.restarted())).rejects.toThrow(failing('cut'));
  server.cutAfter = Infinity;
  await run(server, folder);
  expect(targetOf(folder).equals(database)).toBe(true);
  const [, second, third] = server.requests.map((headers) => headers.get('range'));
  expect([second, third]).toEqual(['bytes=1000000-', 'bytes=1000000-']);
});

test('a download that is complete is not asked for again', async () => {
  const folder = new MemoryFolder();
  const server = new SnapshotServer();
  await run(server, folder);
  folder.content.delete(TARGET);
  await run(server, folder);
  expect(server.requests.at(-1)?.get('range')).toBe(`bytes=${compressed.length}-`);
  expect(targetOf(folder).equals(database)).toBe(true);
});

test.for([
  ['in the middle', 1_500_000],
  ['in the checksum at its end', -5],
] as const)('what is damaged %s is thrown away, and not fetched a second time', async ([, at]) => {
  const folder = new MemoryFolder();
  const server = new SnapshotServer();
  server.content = compressed.slice();
  const index = (at + compressed.length) % compressed.length;
  server.content[index] = (server.content[index] ?? 0) ^ 0xff;
  await expect(run(server, folder)).rejects.toThrow(failing('damaged'));
  await expect(run(server, folder)).rejects.toThrow(failing('unsuitable'));
  expect(server.requests.map((headers) => headers.get('if-none-match') !== null)).toEqual([false, true]);
  expect(folder.content.get('snapshot.gz')).toBeUndefined();
});

test('what is not worth it is not read', async () => {
  const folder = new MemoryFolder();
  await expect(run(new SnapshotServer(), folder, { isWanted: () => false })).rejects.toThrow(
    failing('unsuitable'),
  );
  expect([...folder.content.keys()]).toEqual([]);
});

test('a power cut at any moment leaves something to go on with', async () => {
  const server = new SnapshotServer();
  for (let power = 10; power < 4_000_000; power += 333_333) {
    const folder = new MemoryFolder();
    folder.power = power;
    await expect(run(server, folder)).rejects.toThrow('The power is gone.');
    const restarted = folder.restarted();
    // Bytes that only seemed to be written are found by the hash.
    await run(server, restarted).catch(() => undefined);
    await run(server, restarted).catch(() => undefined);
    const given = targetOf(restarted);
    expect(given.length === 0 || given.equals(database)).toBe(true);
  }
});

test('a device without room says so', async () => {
  const folder = new MemoryFolder();
  folder.write = () => Promise.reject(new DOMException('no room', 'QuotaExceededError'));
  await expect(run(new SnapshotServer(), folder)).rejects.toThrow('no room');
});
