import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { chooseCopies } from '../src/cloud/choose-copies.ts';
import { parseCopyKey } from '../src/cloud/copy-keys.ts';
import { rebuildShop } from '../src/cloud/rebuild-shop.ts';
import { S3Store } from '../src/cloud/store/s3-store.ts';
import { copiesOfNewest } from '../src/cloud/stored-shops.ts';
import { CopiedShop } from './cloud/copied-shop.ts';
import { NodeClient } from './node-client.ts';
import { type ServerProcess, spawnServer } from './processes.ts';
import { ask, exec } from './running-server.ts';
import { S3Server } from './s3/s3-server.ts';
import { StoreProxy, type Trouble } from './s3/store-proxy.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';

const SHOP = 'shop.sqlite3';
const PATIENCE_MS = 10_000;

vi.setConfig({ testTimeout: 60_000 });

/** A server in a process of its own, whose store is a real one behind something that can make trouble. */
let shop: { store: S3Store; proxy: StoreProxy; server: ServerProcess };

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'octavo test-'));
  const s3 = await S3Server.start(join(folder, 'store'));
  const proxy = await StoreProxy.start(s3.place.endpoint ?? '');
  const server = await spawnServer({
    ...s3.environment,
    OCTAVO_S3_ENDPOINT: proxy.url,
    DATA_DIR: join(folder, 'data'),
  });
  shop = { store: new S3Store(s3.place, { credentials: s3.credentials }), proxy, server };
  return async () => {
    server.child.kill('SIGKILL');
    await server.ended;
    await proxy[Symbol.asyncDispose]();
    await s3.kill();
    await rm(folder, { recursive: true, force: true });
  };
});

let written = 0;

/** One book, with a text that does not compress. */
async function writeBook({ bytes = 40 } = {}): Promise<{ failed: boolean }> {
  written += 1;
  const title = Array.from({ length: Math.ceil(bytes / 36) }, () => crypto.randomUUID()).join('');
  const sql = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
  const answer = await exec(shop.server, sql, [String(9_790_000_000_000 + written), title]);
  expect(answer.status).toBe(200);
  return { failed: answer.headers.get('x-sync-status') === 'failed' };
}

/** How many books are there when the shop is put together from what is in the store. */
async function booksInStore(): Promise<number> {
  const folder = await temporaryFolder();
  const target = join(folder, SHOP);
  const { signal } = new AbortController();
  const copies = chooseCopies(await copiesOfNewest(shop.store, SHOP, { signal }), { kind: 'everything' });
  await rebuildShop({ store: shop.store, copies, target, owner: 'a test', signal });
  return (await CopiedShop.open(folder, target)).books().length;
}

test('what is well costs one request for each write over HTTP, and none for what is read', async () => {
  await writeBook();
  const before = shop.proxy.requests.length;
  for (let count = 0; count < 5; count += 1) await writeBook();
  await exec(shop.server, 'SELECT * FROM book');
  await ask(`${shop.server.url}/${SHOP}/meta`);
  await exec(shop.server, "UPDATE book SET title = 'None' WHERE isbn = 'nobody'");
  const since = shop.proxy.requests.slice(before);
  expect(since).toHaveLength(5);
  for (const [index, request] of since.entries()) {
    expect(request).toMatch(/^PUT \/shops\/octavo\//);
    const key = request.replace('PUT /shops/octavo/', '');
    expect(parseCopyKey(key)).toMatchObject({ kind: 'changes', version: index + 2 });
  }
});

test.each<[string, Trouble, string[]]>([
  ['refuses connections', { kind: 'refuses' }, ['unreachable']],
  ['hangs', { kind: 'hangs' }, ['silent']],
  ['does not let the server in', { kind: 'answers', status: 403, code: 'AccessDenied' }, ['refused']],
  ['fails', { kind: 'answers', status: 500, code: 'InternalError' }, ['failed']],
  ['is slow', { kind: 'slow' }, ['silent']],
  ['is cut off in the middle of an upload', { kind: 'cuts', after: 40_000 }, ['silent']],
  ['is full', { kind: 'answers', status: 507, code: 'InsufficientStorage' }, ['full']],
])(
  'a store that %s: writes go on, everybody is told why, and the old copy can be restored',
  async (_, trouble, reasons) => {
    await writeBook();
    const till = await NodeClient.connect(shop.server);
    await till.until('copied', () => till.state.cloud?.state === 'copied');
    const safe = written;

    await shop.proxy.behave(trouble);
    const began = performance.now();
    await writeBook({ bytes: 200_000 });
    await till.until('told', () => till.state.cloud?.state === 'failed');
    expect(performance.now() - began).toBeLessThan(PATIENCE_MS);
    expect(reasons).toContain(till.state.cloud?.state === 'failed' ? till.state.cloud.failure : '');
    // Nobody waits for it any more.
    const beganAgain = performance.now();
    expect(await writeBook()).toEqual({ failed: true });
    expect(performance.now() - beganAgain).toBeLessThan(1_500);
    const retried = await ask(`${shop.server.url}/api/retry-sync?db=${SHOP}`, { method: 'POST' });
    expect(retried).toMatchObject({ status: 502, body: { ok: false, error: reasons[0] } });
    expect((retried.body as { message: string }).message).not.toBe('');
    expect(await booksInStore()).toBe(safe);

    await shop.proxy.behave({ kind: 'none' });
    await writeBook();
    await till.until('copied again', () => till.state.cloud?.state === 'copied');
    // What had been given up arrives after all.
    await shop.proxy.letGo();
    // To look is to put the whole shop together.
    await vi.waitUntil(async () => (await booksInStore()) === written, { timeout: 10_000, interval: 500 });
    expect(await writeBook()).toEqual({ failed: false });
    expect(await booksInStore()).toBe(written);
  },
);
