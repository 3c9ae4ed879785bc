import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { DataFolder } from '../data-folder/data-folder.ts';
import { DatabaseThread } from './database-thread.ts';
import { Databases, NoSuchDatabaseError } from './databases.ts';
import type { ConnectionEffect } from './host-interface.ts';

async function newFolder(): Promise<DataFolder> {
  const folder = new DataFolder(join(await temporaryFolder(), 'data'));
  await mkdir(folder.path);
  await folder.prepare();
  return folder;
}

async function openDatabases(given?: DataFolder) {
  const folder = given ?? (await newFolder());
  const threads: DatabaseThread[] = [];
  const databases = new Databases({
    folder,
    owner: 'a test',
    logger: pino({ level: 'silent' }),
    startThread: (owner) => {
      const thread = new DatabaseThread(owner);
      threads.push(thread);
      return thread;
    },
  });
  onTestFinished(() => databases.close('restarting'));
  const exec = async (name: string, sql: string) => {
    const json = await databases.use(name, { create: true }, (remote) => remote.exec(name, sql, []));
    return JSON.parse(new TextDecoder().decode(json)) as unknown;
  };
  return { databases, threads, exec };
}

test('a thread that dies takes its databases with it; their clients are told, and the next use opens them anew', async () => {
  const { databases, threads, exec } = await openDatabases();
  await exec('shop.db', "INSERT INTO book (isbn) VALUES ('a')");
  const effects: ConnectionEffect[] = [];
  await databases.attach('shop.db', { create: false, mayWrite: true }, (effect) => effects.push(effect));
  expect(databases.open).toEqual(['shop.db']);

  // As running out of memory would end it.
  await threads[0]?.end();
  await expect.poll(() => databases.open).toEqual([]);
  expect(effects).toMatchObject([{ type: 'close', reason: 'database-failed' }]);

  expect(await exec('shop.db', 'SELECT isbn FROM book')).toEqual({ rows: [{ isbn: 'a' }] });
  expect(threads).toHaveLength(2);
});

test('what was being asked when the thread died is answered with an error', async () => {
  const { threads, exec } = await openDatabases();
  await exec('shop.db', 'SELECT 1');
  const forever = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
  const answer = exec('shop.db', forever);
  const failed = expect(answer).rejects.toMatchObject({ code: 'closed' });
  await threads[0]?.end();
  await failed;
});

test('opening many times at once opens once', async () => {
  const { databases, exec } = await openDatabases();
  await Promise.all(Array.from({ length: 10 }, () => exec('shop.db', 'SELECT 1')));
  expect(databases.open).toEqual(['shop.db']);
});

test('a thread that is busy for ever does not keep the server from stopping, nor the next one from starting', async () => {
  const { databases, exec } = await openDatabases();
  await exec('shop.db', "INSERT INTO book (isbn) VALUES ('a')");
  const forever = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
  const failed = expect(exec('shop.db', forever)).rejects.toMatchObject({ code: 'closed' });
  const began = performance.now();
  await databases.close('restarting');
  expect(performance.now() - began).toBeLessThan(9_000);
  await failed;

  const next = await openDatabases(databases.folder);
  expect(await next.exec('shop.db', 'SELECT isbn FROM book')).toEqual({ rows: [{ isbn: 'a' }] });
});

test('nothing is made where it may not be, and nothing opens after the end', async () => {
  const { databases } = await openDatabases();
  const use = (create: boolean) => databases.use('shop.db', { create }, (remote) => remote.meta('shop.db'));
  await expect(use(false)).rejects.toThrow(NoSuchDatabaseError);
  await databases.close('restarting');
  await expect(use(true)).rejects.toThrow('shutting down');
});
