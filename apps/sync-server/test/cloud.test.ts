import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { parseCopyKey } from '../src/cloud/copy-keys.ts';
import { DirectoryStore } from '../src/cloud/store/directory-store.ts';
import { ask, exec, post, runServer } from './running-server.ts';
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
