import { existsSync } from 'node:fs';
import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Row } from '@octavo/crsqlite/database.ts';
import { openFile } from '@octavo/crsqlite/node.ts';
import { userVersion } from '@octavo/shop/migrations.ts';
import { schema } from '@octavo/shop/schema.ts';
import { expect, test } from 'vitest';
import { backupsFolder, listBackups } from '../src/data-folder/backups.ts';
import { NodeClient } from './node-client.ts';
import { startProcess } from './processes.ts';
import { ask } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Makes a file that has something in it and no shop. */
async function makeOlder(path: string, sql: string): Promise<void> {
  const file = await openFile(path, { owner: 'a test' });
  file.exec(sql);
  file.close();
}

async function read<Result>(path: string, query: (all: (sql: string) => Row[], version: number) => Result) {
  const file = await openFile(path, { owner: 'a test' });
  try {
    return query((sql) => file.prepare(sql).all(), userVersion(file));
  } finally {
    file.close();
  }
}

test('every database present is migrated at the start, and a copy of it as it was is kept', async () => {
  const dataDir = await temporaryFolder();
  const older = ['a.sqlite3', 'b.sqlite', 'c.db'];
  for (const name of older) {
    await makeOlder(
      join(dataDir, name),
      "CREATE TABLE notice (words TEXT); INSERT INTO notice VALUES ('kept')",
    );
  }
  const server = await startProcess({ DATA_DIR: dataDir });
  expect((await ask(`${server.url}/health`)).status).toBe(200);
  server.child.kill('SIGTERM');
  await server.ended;

  for (const name of older) {
    await read(join(dataDir, name), (all, version) => {
      expect(version).toBe(schema.version);
      expect(all('SELECT isbn FROM book')).toEqual([]);
    });
    const [backup, ...others] = await listBackups(dataDir, name);
    expect(others).toEqual([]);
    expect(backup?.beforeSchema).toBe(schema.version);
    const path = backup?.path ?? '';
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await read(path, (all, version) => {
      expect(version).toBe(0);
      expect(all('SELECT words FROM notice')).toEqual([{ words: 'kept' }]);
    });
  }
  // There was nothing in it that could have been lost.
  expect(existsSync(backupsFolder(dataDir, 'shop.sqlite3'))).toBe(false);

  const again = await startProcess({ DATA_DIR: dataDir });
  expect((await ask(`${again.url}/a.sqlite3/meta`)).status).toBe(200);
  expect(await listBackups(dataDir, 'a.sqlite3')).toHaveLength(1);
});

test('a migration that fails takes its database out of service, with words, and nothing else', async () => {
  const dataDir = await temporaryFolder();
  const broken = join(dataDir, 'broken.sqlite3');
  await makeOlder(broken, 'CREATE VIEW book AS SELECT 1 AS isbn');
  const server = await startProcess({ DATA_DIR: dataDir });

  const words = expect.stringContaining(`version ${schema.version} of the schema`) as unknown;
  expect(await ask(`${server.url}/health`)).toMatchObject({
    status: 503,
    body: {
      ok: false,
      checks: expect.arrayContaining([
        { name: 'database broken.sqlite3', ok: false, detail: words },
      ]) as unknown,
    },
  });
  expect(await ask(`${server.url}/broken.sqlite3/health`)).toMatchObject({
    status: 503,
    body: { ok: false, checks: [{ name: 'in service', ok: false, detail: words }] },
  });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('octavo_databases_out_of_service{database="broken.sqlite3"} 1');

  const unlucky = await NodeClient.connect({ ...server, database: 'broken.sqlite3' });
  const lucky = await NodeClient.connect(server);
  await unlucky.until('stuck', () => unlucky.state.status === 'stuck');
  expect(unlucky.state).toMatchObject({ diagnostics: { lastFailure: words } });
  await lucky.synced();
  unlucky.write("INSERT INTO book (isbn) VALUES ('9780140328721')");

  // Somebody repairs it, by putting another file in its place.
  await makeOlder(join(dataDir, 'repaired'), 'CREATE TABLE notice (words TEXT)');
  await rename(join(dataDir, 'repaired'), broken);
  await expect.poll(async () => (await ask(`${server.url}/health`)).status, { timeout: 10_000 }).toBe(200);
  await unlucky.until('its change is safe', () => unlucky.state.status === 'synced');

  server.child.kill('SIGTERM');
  const { stderr } = await server.ended;
  expect(stderr).toContain('database out of service');
});

test('a failing migration is not attempted with every client, and does not fill the folder with copies', async () => {
  const dataDir = await temporaryFolder();
  await makeOlder(join(dataDir, 'broken.db'), 'CREATE VIEW book AS SELECT 1 AS isbn');
  const server = await startProcess({ DATA_DIR: dataDir });
  for (let asked = 0; asked < 200; asked += 1) {
    expect((await ask(`${server.url}/broken.db/meta`)).status).toBeGreaterThanOrEqual(400);
  }
  server.child.kill('SIGTERM');
  const { stderr } = await server.ended;
  const attempts = stderr.split('\n').filter((line) => line.includes('database out of service'));
  expect(attempts.length).toBeLessThan(10);
  expect((await readdir(backupsFolder(dataDir, 'broken.db'))).length).toBeLessThanOrEqual(2);
});
