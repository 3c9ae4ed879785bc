import { existsSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { ask, exec, post, runServer } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SHOP = 'shop.sqlite3';
const BRANCH = 'branch.sqlite3';
const BOOKS = 'SELECT isbn FROM book ORDER BY isbn';
const insert = (number: number) => `INSERT INTO book (isbn) VALUES ('${number}')`;
const oneBook = { status: 200, body: { rows: [{ isbn: '1' }] } };

/** A data folder and a store with two databases, a book in each; the shop's file is lost. Nobody serves them. */
async function withoutShop() {
  const path = join(await temporaryFolder(), 'cloud');
  const cloud = { kind: 'folder', path } as const;
  const server = await runServer({ cloud });
  for (const database of [SHOP, BRANCH]) await exec({ url: server.url, database }, insert(1));
  const { body } = await ask(`${server.url}/${SHOP}/meta`);
  await server.close();
  const { dataDir } = server.config;
  await rm(join(dataDir, SHOP));
  return { cloud, dataDir, lineage: (body as { lineage: string }).lineage };
}

/** As a store that nobody can read. */
async function breakStore(path: string): Promise<() => Promise<void>> {
  await rename(path, `${path}-away`);
  await writeFile(path, 'no folder');
  return async () => {
    await rm(path);
    await rename(`${path}-away`, path);
  };
}

test('a restore at the start that was interrupted is finished by the next start', async () => {
  const { cloud, dataDir, lineage } = await withoutShop();
  const server = await runServer({ cloud, dataDir });
  expect(await exec(server, BOOKS)).toMatchObject(oneBook);
  expect((await ask(`${server.url}/${SHOP}/meta`)).body).toMatchObject({ lineage });
  expect(await exec({ url: server.url, database: BRANCH }, BOOKS)).toMatchObject(oneBook);
});

test('where the copy of one database is damaged, the others are served, and nothing is begun in its place', async () => {
  const { cloud, dataDir, lineage } = await withoutShop();
  const shop = join(cloud.path, SHOP);
  const [snapshot = ''] = (await readdir(shop, { recursive: true })).filter((key) =>
    key.endsWith('.snapshot'),
  );
  await rename(join(shop, snapshot), join(shop, `${snapshot}-kept`));
  await writeFile(join(shop, snapshot), 'something else');
  const server = await runServer({ cloud, dataDir });
  expect(await exec({ url: server.url, database: BRANCH }, BOOKS)).toMatchObject(oneBook);
  expect(await exec(server, BOOKS)).toMatchObject({
    status: 503,
    body: { error: 'database-out-of-service' },
  });
  expect(existsSync(join(dataDir, SHOP))).toBe(false);
  const health = await ask(`${server.url}/health`);
  expect(health.status).toBe(503);
  expect(JSON.stringify(health.body)).toContain('could not be restored from its copy');

  // Once it is mended, the next page that is loaded brings it back.
  await rename(join(shop, `${snapshot}-kept`), join(shop, snapshot));
  await post(`${server.url}/api/check-and-sync?db=${SHOP}`, undefined);
  await vi.waitUntil(async () => (await exec(server, BOOKS)).status === 200, {
    timeout: 20_000,
    interval: 50,
  });
  expect(await exec(server, BOOKS)).toMatchObject(oneBook);
  expect((await ask(`${server.url}/${SHOP}/meta`)).body).toMatchObject({ lineage });
  expect((await ask(`${server.url}/health`)).status).toBe(200);
});

test('where the store cannot be read, what is here is served, and nothing is begun that may be there', async () => {
  const { cloud, dataDir } = await withoutShop();
  const mend = await breakStore(cloud.path);
  const server = await runServer({ cloud, dataDir });
  expect(await exec({ url: server.url, database: BRANCH }, BOOKS)).toMatchObject(oneBook);
  for (const database of [SHOP, 'another.sqlite3']) {
    const refused = await exec({ url: server.url, database }, BOOKS);
    expect(refused).toMatchObject({ status: 503, body: { error: 'database-out-of-service' } });
    expect(JSON.stringify(refused.body)).not.toContain(cloud.path);
    expect(existsSync(join(dataDir, database))).toBe(false);
  }
  await server.close();
  await mend();
  expect(await exec(await runServer({ cloud, dataDir }), BOOKS)).toMatchObject(oneBook);
});

test('a reset begins anew, also where the database is missed', async () => {
  const { cloud, dataDir, lineage } = await withoutShop();
  const mend = await breakStore(cloud.path);
  const server = await runServer({ cloud, dataDir });
  expect((await post(`${server.url}/${SHOP}/reset`, undefined)).status).toBe(200);
  expect(await exec(server, BOOKS)).toMatchObject({ status: 200, body: { rows: [] } });
  await server.close();
  await mend();
  const again = await runServer({ cloud, dataDir });
  expect(await exec(again, BOOKS)).toMatchObject({ status: 200, body: { rows: [] } });
  expect((await ask(`${again.url}/${SHOP}/meta`)).body).not.toMatchObject({ lineage });
});

test('a server that has nothing to serve, and cannot read the store, does not start', async () => {
  const { cloud } = await withoutShop();
  await breakStore(cloud.path);
  const dataDir = await temporaryFolder();
  await expect(runServer({ cloud, dataDir })).rejects.toThrow('ENOTDIR');
  expect(await readdir(dataDir)).not.toContain(SHOP);
});
