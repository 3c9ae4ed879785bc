import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { Role } from '../src/auth/roles.ts';
import { Tokens } from '../src/auth/tokens.ts';
import { parseCopyKey } from '../src/cloud/copy-keys.ts';
import { DirectoryStore } from '../src/cloud/store/directory-store.ts';
import { NodeClient } from './node-client.ts';
import { ask, exec, execCopied, post, runServer } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const meta = v.object({ lineage: v.string(), siteId: v.string() });
const insert = (number: number) =>
  `INSERT INTO book (isbn, title) VALUES ('${9_790_000_000_000 + number}', 'A book')`;

async function serverWithCloud() {
  const folder = join(await temporaryFolder(), 'cloud');
  const server = await runServer({ cloud: { kind: 'folder', path: folder } });
  const copies = async () => {
    const names: string[] = [];
    for await (const { key } of new DirectoryStore(folder).list('shop.sqlite3/', {
      signal: new AbortController().signal,
    })) {
      const name = parseCopyKey(key);
      if (name !== undefined) names.push(`${name.version} ${name.kind}`);
    }
    return names;
  };
  return { server, folder, copies };
}

test('a write over HTTP is copied when it is answered, and a read copies nothing', async () => {
  const { server, copies } = await serverWithCloud();
  await exec(server, insert(1));
  await exec(server, insert(2));
  expect(await copies()).toEqual(['1 snapshot', '2 changes']);
  await exec(server, 'SELECT * FROM book');
  await ask(`${server.url}/shop.sqlite3/meta`);
  await exec(server, "UPDATE book SET title = 'None' WHERE isbn = 'nobody'");
  expect(await copies()).toEqual(['1 snapshot', '2 changes']);
});

test('a copy that failed is said with every answer about the database, until one succeeds', async () => {
  const { server, folder, copies } = await serverWithCloud();
  await exec(server, insert(1));
  // Nothing is waiting: there is nothing to copy either.
  const early = await post(`${server.url}/api/retry-sync?db=shop.sqlite3`, undefined);
  expect(early.body).toEqual({ ok: true, version: 1 });
  await rename(folder, `${folder}-away`);
  await writeFile(folder, 'no folder');
  const failing = await exec(server, insert(2));
  expect(failing.status).toBe(200);
  expect(failing.headers.get('x-sync-status')).toBe('failed');
  const meta = await ask(`${server.url}/shop.sqlite3/meta`);
  expect(meta.headers.get('x-sync-status')).toBe('failed');
  const inVain = await post(`${server.url}/api/retry-sync?db=shop.sqlite3`, undefined);
  expect(inVain.status).toBe(502);
  expect(inVain.body).toMatchObject({ ok: false, error: 'unreachable' });

  await rename(folder, `${folder}-broken`);
  await rename(`${folder}-away`, folder);
  const retried = await post(`${server.url}/api/retry-sync?db=shop.sqlite3`, undefined);
  expect(retried.body).toEqual({ ok: true, version: 2 });
  expect(retried.headers.get('x-sync-status')).toBeNull();
  expect((await ask(`${server.url}/shop.sqlite3/meta`)).headers.get('x-sync-status')).toBeNull();
  expect(await copies()).toEqual(['1 snapshot', '2 changes']);
});

test('a server that has lost its disk starts with what is in the store, in the same lineage', async () => {
  const { server, folder } = await serverWithCloud();
  await exec(server, insert(1));
  await exec(server, insert(2));
  await exec(server, "DELETE FROM book WHERE isbn LIKE '%1'");
  const before = (await ask(`${server.url}/shop.sqlite3/meta`)).body;
  await server.close();

  const again = await runServer({ cloud: { kind: 'folder', path: folder } });
  const books = await exec(again, 'SELECT isbn FROM book');
  expect(books.body).toEqual({ rows: [{ isbn: '9790000000002' }] });
  const { lineage, siteId } = v.parse(meta, (await ask(`${again.url}/shop.sqlite3/meta`)).body);
  expect({ lineage }).toEqual({ lineage: v.parse(meta, before).lineage });
  expect(siteId).not.toBe(v.parse(meta, before).siteId);
  const written = await exec(again, insert(3));
  expect(written.headers.get('x-sync-status')).toBeNull();
});

test('trying again takes somebody who may write: 401 without a token, 403 with too little', async () => {
  const dataDir = await temporaryFolder();
  const tokens = await Tokens.load(dataDir);
  const make = async (role: Role) => {
    const order = { name: role, role, databases: ['*'], expiresAt: Date.now() + 60_000 };
    return { authorization: `Bearer ${(await tokens.create(order)).token}` };
  };
  const [member, reader] = [await make('member'), await make('reader')];
  const { url } = await runServer({ dataDir, auth: 'tokens' });
  const retry = (headers: Record<string, string>) =>
    post(`${url}/api/retry-sync?db=shop.sqlite3`, undefined, headers);
  expect(await retry({})).toMatchObject({ status: 401, body: { error: 'unauthorized' } });
  expect(await retry(reader)).toMatchObject({ status: 403, body: { error: 'forbidden' } });
  expect(await retry(member)).toMatchObject({ status: 200, body: { ok: true, version: 1 } });
  const check = (headers: Record<string, string>) =>
    post(`${url}/api/check-and-sync?db=shop.sqlite3`, undefined, headers);
  expect((await check({})).status).toBe(401);
  expect((await check(reader)).status).toBe(200);
  expect((await ask(`${url}/api/sync-status?db=shop.sqlite3`)).status).toBe(401);
  expect((await post(`${url}/api/retry-sync?db=none.sqlite3`, undefined, member)).status).toBe(404);
  expect((await post(`${url}/api/retry-sync?db=..%2Fpasswd`, undefined, member)).status).toBe(400);
});

test('clients hear of a failure at once, and when everything they wrote is in the copy', async () => {
  const { server, folder } = await serverWithCloud();
  const till = await NodeClient.connect(server);
  till.write('INSERT INTO book (isbn) VALUES (?)', '9790000000001');
  await till.until('copied', () => till.cloud?.complete === true);
  expect(till.state.cloud).toMatchObject({ state: 'copied' });
  await rename(folder, `${folder}-away`);
  await writeFile(folder, 'no folder');
  till.write('INSERT INTO book (isbn) VALUES (?)', '9790000000002');
  await till.until('told of the failure', () => till.state.cloud?.state === 'failed');
  expect(till.state.cloud).toMatchObject({ failure: 'unreachable' });
  await rm(folder);
  await rename(`${folder}-away`, folder);
  till.write('INSERT INTO book (isbn) VALUES (?)', '9790000000003');
  await till.until('told of its end', () => till.state.cloud?.state === 'copied');
  await till.until('all copied', () => till.cloud?.complete === true);
});

test('clients hear where no copies are kept', async () => {
  const till = await NodeClient.connect(await runServer({ cloud: { kind: 'off' } }));
  await till.until('told', () => till.state.cloud?.state === 'off');
});

test('browsers bring back what a server without a disk finds nowhere', async () => {
  const { server, folder } = await serverWithCloud();
  const till = await NodeClient.connect(server);
  till.write('INSERT INTO book (isbn) VALUES (?)', '9790000000001');
  await till.until('copied', () => till.cloud?.complete === true);
  // Acknowledged by the server, and never copied.
  await rename(folder, `${folder}-away`);
  await writeFile(folder, 'no folder');
  till.write('INSERT INTO book (isbn) VALUES (?)', '9790000000002');
  await till.synced();
  await server.close();
  await rm(folder);
  await rename(`${folder}-away`, folder);

  const again = await runServer({ cloud: { kind: 'folder', path: folder } });
  expect((await exec(again, 'SELECT isbn FROM book')).body).toEqual({ rows: [{ isbn: '9790000000001' }] });
  const shown = till.watchStates();
  till.moveTo(again);
  await till.until('repaired', () => till.state.status === 'synced');
  expect([...shown]).not.toContain('incompatible');
  const { rows } = (await exec(again, 'SELECT isbn FROM book ORDER BY isbn')).body as { rows: unknown[] };
  expect(rows).toHaveLength(2);
  await till.until('copied too', () => till.state.cloud?.state === 'copied');
});

test('after a restart it is known that something is not copied yet', async () => {
  const { server, folder } = await serverWithCloud();
  await execCopied(server, insert(1));
  await rename(folder, `${folder}-away`);
  await writeFile(folder, 'no folder');
  await exec(server, insert(2));
  await server.close();
  await rm(folder);
  await rename(`${folder}-away`, folder);
  const { dataDir } = server.config;
  const again = await runServer({ dataDir, cloud: { kind: 'folder', path: folder } });
  // Before anybody has used the database.
  const status = await ask(`${again.url}/api/sync-status?db=shop.sqlite3`);
  expect(status.headers.get('x-sync-status')).toBe('failed');
  const metrics = await (await fetch(`${again.url}/metrics`)).text();
  expect(metrics).toContain('octavo_copies_failing{database="shop.sqlite3"} 1');
  expect(JSON.stringify((await ask(`${again.url}/health`)).body)).toContain('FAILING: shop.sqlite3');
  const till = await NodeClient.connect(again);
  await till.until('told', () => till.state.cloud?.state === 'failed');
  expect(till.state.cloud).toMatchObject({ failure: 'not-yet-copied', version: 1 });
  expect((await ask(`${again.url}/shop.sqlite3/meta`)).headers.get('x-sync-status')).toBe('failed');
  // Whoever loads the page asks for it.
  await post(`${again.url}/api/check-and-sync?db=shop.sqlite3`, undefined);
  await till.until('copied', () => till.state.cloud?.state === 'copied');
});

test('an operator sees how the copies are: in the metrics, in /health, and for the Debug page', async () => {
  const { server, folder } = await serverWithCloud();
  await exec(server, insert(1));
  await exec(server, insert(2));
  const metrics = async () => (await fetch(`${server.url}/metrics`)).text();
  expect(await metrics()).toContain('octavo_copy_version{database="shop.sqlite3"} 2');
  expect(await metrics()).not.toContain('octavo_copies_failing{');
  expect(await metrics()).toMatch(
    /octavo_copy_uploaded_bytes_total\{database="shop.sqlite3",kind="changes"\} \d+/,
  );
  const { body } = await ask(`${server.url}/shop.sqlite3/cloud`);
  expect(body).toMatchObject({
    state: 'current',
    failure: null,
    message: null,
    version: 2,
    place: expect.stringContaining(folder) as unknown,
    uploads: { objects: 2, partsPerDay: 1 },
    size: { level: 'small' },
  });

  await rename(folder, `${folder}-away`);
  await writeFile(folder, 'no folder');
  await exec(server, insert(3));
  expect(await metrics()).toContain('octavo_copies_failing{database="shop.sqlite3"} 1');
  const failing = await ask(`${server.url}/shop.sqlite3/cloud`);
  expect(failing.body).toMatchObject({ state: 'failed', failure: 'unreachable', version: 2 });
  expect((failing.body as { message: string }).message).not.toBe('');
  // The server itself is well: nobody is to start it anew for that.
  const health = await ask(`${server.url}/health`);
  expect(health.status).toBe(200);
  expect(JSON.stringify(health.body)).toContain('FAILING: shop.sqlite3 (unreachable)');
});

test('who may only read hears that and why it fails, and strangers nothing', async () => {
  const dataDir = await temporaryFolder();
  const folder = join(await temporaryFolder(), 'cloud');
  const tokens = await Tokens.load(dataDir);
  const make = async (role: Role) => {
    const order = { name: role, role, databases: ['*'], expiresAt: Date.now() + 60_000 };
    return { authorization: `Bearer ${(await tokens.create(order)).token}` };
  };
  const [admin, reader] = [await make('admin'), await make('reader')];
  const { url } = await runServer({ dataDir, auth: 'tokens', cloud: { kind: 'folder', path: folder } });
  await writeFile(folder, 'no folder');
  await post(`${url}/shop.sqlite3/exec`, { sql: insert(1) }, admin);
  const cloudFor = async (headers: Record<string, string>) => ask(`${url}/shop.sqlite3/cloud`, { headers });
  expect((await cloudFor(admin)).body).toMatchObject({ place: expect.stringContaining(folder) as unknown });
  expect(JSON.stringify((await cloudFor(admin)).body)).toContain('ENOTDIR');
  const seen = await cloudFor(reader);
  expect(seen.body).toMatchObject({ state: 'failed', failure: 'unreachable', message: null, place: null });
  expect(seen.headers.get('x-sync-status')).toBe('failed');
  const health = await ask(`${url}/health?db=shop.sqlite3`);
  expect(health.headers.get('x-sync-status')).toBeNull();
});
