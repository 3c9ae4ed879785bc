import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { decodeLogPart, encodeLogPartBatch, encodeLogPartHeader } from '@octavo/protocol/log-part.ts';
import * as v from 'valibot';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { NodeClient } from './node-client.ts';
import { type ServerProcess, spawnServer } from './processes.ts';
import { ask, exec, execCopied, post, runServer } from './running-server.ts';
import { S3Server } from './s3/s3-server.ts';
import { StoreProxy } from './s3/store-proxy.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SHOP = 'shop.sqlite3';
const BOOKS = 'SELECT isbn, title FROM book ORDER BY isbn';

const statusSchema = v.object({
  status: v.string(),
  message: v.string(),
  progress: v.number(),
  is_syncing: v.boolean(),
  needs_reload: v.boolean(),
  file_size_mb: v.number(),
});
type Status = v.InferOutput<typeof statusSchema>;

const insert = (number: number) =>
  `INSERT INTO book (isbn, title) VALUES ('${9_790_000_000_000 + number}', 'Book ${number}')`;

/** Two servers with one store. The second one starts when the first has written something. */
async function twoServers() {
  const cloud = { kind: 'folder', path: join(await temporaryFolder(), 'cloud') } as const;
  const first = await runServer({ cloud });
  await execCopied(first, insert(1));
  const second = await runServer({ cloud });
  return { first, second, cloud };
}

async function statusOf({ url }: { url: string }, database = SHOP): Promise<Status> {
  return v.parse(statusSchema, (await ask(`${url}/api/sync-status?db=${database}`)).body);
}

/** Looks for news, as a page does when it is loaded, and waits for what comes of it. */
async function check(server: { url: string }, database = SHOP): Promise<{ status: Status; seen: Status[] }> {
  const begun = await post(`${server.url}/api/check-and-sync?db=${database}`, undefined);
  expect(begun).toMatchObject({ status: 200, body: { initiated: true, status: 'checking' } });
  const seen: Status[] = [];
  await vi.waitUntil(
    async () => {
      seen.push(await statusOf(server, database));
      return seen.at(-1)?.is_syncing === false;
    },
    { timeout: 30_000, interval: 20 },
  );
  return { status: seen.at(-1) ?? (await statusOf(server, database)), seen };
}

async function books(server: { url: string; database?: string }): Promise<unknown> {
  return (await exec(server, BOOKS)).body;
}

describe('looking for news in the cloud', () => {
  test('says that there is none, and that nobody has looked before', async () => {
    const server = await runServer();
    expect(await statusOf(server)).toMatchObject({ status: 'idle', is_syncing: false, progress: 0 });
    await exec(server, insert(1));
    const { status } = await check(server);
    expect(status).toMatchObject({ status: 'up_to_date', is_syncing: false, needs_reload: false });
    expect(status.file_size_mb).toBeGreaterThan(0);
  });

  test('says so where no copies are kept', async () => {
    const server = await runServer({ cloud: { kind: 'off' } });
    const begun = await post(`${server.url}/api/check-and-sync?db=${SHOP}`, undefined);
    expect(begun).toMatchObject({ status: 200, body: { initiated: false, status: 'idle' } });
    expect(await statusOf(server)).toMatchObject({ status: 'idle', is_syncing: false });
  });

  test('two servers come together, whoever wrote what, and then there is no news any more', async () => {
    const { first, second } = await twoServers();
    await execCopied(first, insert(2));
    await execCopied(second, insert(3));
    await execCopied(second, "UPDATE book SET title = 'By the second' WHERE isbn LIKE '%1'");
    const till = await NodeClient.connect(second);
    await till.synced();

    expect((await check(second)).status).toMatchObject({
      status: 'completed',
      needs_reload: false,
      progress: 1,
    });
    await till.until('the book of the first', () => till.rows(BOOKS).length === 3);
    expect((await check(first)).status.status).toBe('completed');
    expect(await books(first)).toEqual(await books(second));
    for (let round = 0; round < 2; round += 1) for (const server of [first, second]) await check(server);
    expect((await check(first)).status.status).toBe('up_to_date');
    expect((await check(second)).status.status).toBe('up_to_date');

    // From now on the parts are enough.
    await execCopied(first, insert(4));
    await check(second);
    await execCopied(second, insert(5));
    await check(first);
    expect(await books(first)).toEqual(await books(second));
    expect(JSON.stringify(await books(first))).toContain('Book 5');
  });

  test('a database that is in the store and not here is fetched', async () => {
    const { first, second } = await twoServers();
    const database = 'branch.sqlite3';
    await execCopied({ url: first.url, database }, insert(7));
    const { status } = await check(second, database);
    expect(status).toMatchObject({ status: 'completed', needs_reload: false });
    expect(await books({ url: second.url, database })).toEqual(await books({ url: first.url, database }));
  });

  test('takes the place of an empty shop, and whoever shows that begins anew', async () => {
    const { first, second } = await twoServers();
    const database = 'branch.sqlite3';
    await ask(`${second.url}/${database}/meta`);
    await execCopied({ url: first.url, database }, insert(7));
    const { status } = await check(second, database);
    expect(status).toMatchObject({ status: 'completed', needs_reload: true });
    expect(await books({ url: second.url, database })).toEqual(await books({ url: first.url, database }));
    await expect
      .poll(() => readdir(join(second.config.dataDir, 'temporary')), { timeout: 10_000 })
      .toEqual([]);
  });

  test('a shop that was reset does not come back, also where the store was away then', async () => {
    const { first, cloud } = await twoServers();
    await rename(cloud.path, `${cloud.path}-away`);
    await writeFile(cloud.path, 'no folder');
    await post(`${first.url}/${SHOP}/reset`, undefined);
    await rm(cloud.path);
    await rename(`${cloud.path}-away`, cloud.path);
    expect((await check(first)).status).toMatchObject({ needs_reload: false });
    expect(await books(first)).toEqual({ rows: [] });
    await execCopied(first, insert(9));
    expect((await check(first)).status).toMatchObject({ needs_reload: false });
    expect(JSON.stringify(await books(first))).not.toContain('Book 1');
  });

  test('where another server has begun another shop, a person decides: nothing is changed', async () => {
    const { first, second, cloud } = await twoServers();
    await execCopied(second, insert(2));
    await post(`${first.url}/${SHOP}/reset`, undefined);
    const before = await books(second);
    const { status } = await check(second);
    expect(status).toMatchObject({ status: 'error', needs_reload: false });
    expect(status.message).toContain('another shop');
    // Whoever may read sees this.
    expect(status.message).not.toContain(cloud.path);
    expect(status.message).toContain(`octavo db rewind ${SHOP} --at`);
    expect(await books(second)).toEqual(before);
  });

  test('fails without any harm where the store is away, or what is there is damaged', async () => {
    const { first, second, cloud } = await twoServers();
    await execCopied(first, insert(2));
    const before = await books(second);
    await rename(cloud.path, `${cloud.path}-away`);
    await writeFile(cloud.path, 'no folder');
    const { status } = await check(second);
    expect(status).toMatchObject({ status: 'error', is_syncing: false });
    // Where the store is kept is nobody's business who may only read.
    expect(status.message).toContain('Looking for news in the cloud failed');
    expect(status.message).not.toContain(cloud.path);
    await rm(cloud.path);
    await rename(`${cloud.path}-away`, cloud.path);
    const files = (await readdir(cloud.path, { recursive: true })).filter(
      (file) => /\.(snapshot|changes)$/.test(file) && !file.includes('.metadata'),
    );
    for (const file of files) await writeFile(join(cloud.path, file), 'something else');
    expect((await check(second)).status.status).toBe('error');
    expect(await books(second)).toEqual(before);
    await expect
      .poll(() => readdir(join(second.config.dataDir, 'temporary')), { timeout: 10_000 })
      .toEqual([]);
  });
});

describe('while a server looks for news', () => {
  /** Two servers with one store, and what stands before it for the second. */
  let servers: { first: ServerProcess; second: ServerProcess; proxy: StoreProxy };

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'octavo test-'));
    const store = await S3Server.start(join(folder, 'store'));
    const proxy = await StoreProxy.start(store.place.endpoint ?? '');
    const start = (name: string, endpoint: string): Promise<ServerProcess> =>
      spawnServer({ ...store.environment, OCTAVO_S3_ENDPOINT: endpoint, DATA_DIR: join(folder, name) });
    const first = await start('first', store.place.endpoint ?? '');
    await execCopied(first, insert(1));
    servers = { first, second: await start('second', proxy.url), proxy };
    return async () => {
      for (const { child, ended } of [servers.first, servers.second]) {
        child.kill('SIGKILL');
        await ended;
      }
      await proxy[Symbol.asyncDispose]();
      await store.kill();
      await rm(folder, { recursive: true, force: true });
    };
  });

  test('what is written there is copied: only merging waits for nobody', async () => {
    const { first, second, proxy } = servers;
    await execCopied(second, insert(2));
    await execCopied(first, insert(3));
    await proxy.behave({ kind: 'delays', requests: /^GET .*\.(snapshot|changes)/ });
    await post(`${second.url}/api/check-and-sync?db=${SHOP}`, undefined);
    await vi.waitUntil(() => proxy.delayed > 0, { timeout: 20_000 });
    await exec(second, insert(4));
    const { dbVersion } = (await ask(`${second.url}/${SHOP}/meta`)).body as { dbVersion: number };
    await vi.waitUntil(
      async () => {
        const { body } = await ask(`${second.url}/${SHOP}/cloud`);
        return (body as { through: number }).through === dbVersion;
      },
      { timeout: 20_000 },
    );
    expect(await statusOf(second)).toMatchObject({ is_syncing: true });
    await proxy.behave({ kind: 'none' });
    await vi.waitUntil(async () => (await statusOf(second)).status === 'completed', { timeout: 20_000 });
    expect((await books(second)) as object).toMatchObject({ rows: { length: 4 } });
  });

  test('an empty shop that somebody writes to meanwhile is not replaced: a person decides', async () => {
    const { first, second, proxy } = servers;
    const database = 'branch.sqlite3';
    await execCopied({ url: first.url, database }, insert(7));
    await ask(`${second.url}/${database}/meta`);
    await proxy.behave({ kind: 'delays', requests: /^GET .*\.snapshot/ });
    await post(`${second.url}/api/check-and-sync?db=${database}`, undefined);
    await vi.waitUntil(() => proxy.delayed > 0, { timeout: 20_000 });
    const till = await NodeClient.connect({ url: second.url, database });
    till.write('INSERT INTO book (isbn, title) VALUES (?, ?)', '9790000000050', 'Meanwhile');
    await till.synced();
    await proxy.behave({ kind: 'none' });
    await vi.waitUntil(async () => !(await statusOf(second, database)).is_syncing, { timeout: 20_000 });
    expect(await statusOf(second, database)).toMatchObject({ status: 'error', needs_reload: false });
    expect((await statusOf(second, database)).message).toContain('another shop');
    expect(await books({ url: second.url, database })).toEqual({
      rows: [{ isbn: '9790000000050', title: 'Meanwhile' }],
    });
    await till.synced();
  });
});

test('what a newer program has written is said to be that, and the database goes on', async () => {
  const { first, second, cloud } = await twoServers();
  await execCopied(second, insert(2));
  expect((await check(first)).status.status).toBe('completed');
  await execCopied(second, insert(3));
  await second.close();
  const { siteId } = (await ask(`${first.url}/${SHOP}/meta`)).body as { siteId: string };
  await writeAsNewerProgram(cloud.path, siteId);
  const till = await NodeClient.connect(first);
  await till.synced();
  for (let round = 0; round < 2; round += 1) {
    const { status } = await check(first);
    expect(status).toMatchObject({ status: 'error', needs_reload: false });
    expect(status.message).toContain('upgrade this server');
  }
  till.write('INSERT INTO book (isbn, title) VALUES (?, ?)', '9790000000004', 'Goes on');
  await till.synced();
  expect(await (await fetch(`${first.url}/metrics`)).text()).not.toContain('closed_total{cause="failed"}');
  expect((await books(first)) as object).toMatchObject({ rows: { length: 3 } });
});

/** Makes the parts of all sites but one look as if a program with a newer schema had stored them. */
async function writeAsNewerProgram(cloud: string, but: string): Promise<void> {
  const files = (await readdir(cloud, { recursive: true })).filter((file) =>
    /\/\d+-\w+\.changes$/.test(file),
  );
  for (const file of files.filter((one) => !one.includes(but))) {
    const path = join(cloud, file);
    const { header, batches } = decodeLogPart(await readFile(path));
    const newer = { ...header, schemaVersion: header.schemaVersion + 1 };
    const bytes = Buffer.concat([encodeLogPartHeader(newer), ...[...batches].map(encodeLogPartBatch)]);
    await writeFile(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(dirname(path), `.${basename(path)}.metadata`), JSON.stringify({ sha256 }));
  }
}
