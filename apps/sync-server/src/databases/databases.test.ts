import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { DataFolder } from '../data-folder/data-folder.ts';
import { DatabaseThread } from './database-thread.ts';
import { Databases } from './databases.ts';
import type { CloseCause } from './databases-interface.ts';
import { NoRoomError, NoSuchDatabaseError } from './unavailable.ts';
import type { ConnectionEffect } from './host-interface.ts';

async function newFolder(): Promise<DataFolder> {
  const folder = new DataFolder(join(await temporaryFolder(), 'data'));
  await mkdir(folder.path);
  await folder.prepare();
  return folder;
}

async function openDatabases(given?: DataFolder, bounds: { openAtMost?: number; idleMs?: number } = {}) {
  const folder = given ?? (await newFolder());
  const closed: CloseCause[] = [];
  const written: string[] = [];
  const threads: DatabaseThread[] = [];
  const databases = new Databases({
    folder,
    owner: 'a test',
    logger: pino({ level: 'silent' }),
    observer: {
      databaseOpened: () => undefined,
      databaseClosed: (cause) => void closed.push(cause),
      databaseWritten: (name) => void written.push(name),
    },
    ...bounds,
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
  return { databases, threads, exec, closed };
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

test('what nobody uses is closed after a while; a connection keeps its database open', async () => {
  const { databases, exec, closed } = await openDatabases(undefined, { idleMs: 1 });
  await exec('idle.db', "INSERT INTO book (isbn) VALUES ('a')");
  const connection = await databases.attach('busy.db', { create: true, mayWrite: true }, () => undefined);
  await expect.poll(() => databases.open, { timeout: 10_000 }).toEqual(['busy.db']);
  connection.detach();
  await expect.poll(() => closed, { timeout: 10_000 }).toEqual(['idle', 'idle']);
  expect(databases.open).toEqual([]);
  expect(await exec('idle.db', 'SELECT isbn FROM book')).toEqual({ rows: [{ isbn: 'a' }] });
});

test('room for one more is made by the one that was not used for longest', async () => {
  const { databases, exec, closed } = await openDatabases(undefined, { openAtMost: 2 });
  for (const name of ['a.db', 'b.db', 'a.db', 'c.db']) await exec(name, 'SELECT 1');
  expect(databases.open).toEqual(['a.db', 'c.db']);
  expect(closed).toEqual(['room']);
});

test('those in use stay open, and whoever wants one more has to wait until one is left', async () => {
  const { databases, exec } = await openDatabases(undefined, { openAtMost: 2 });
  const attach = (name: string) => databases.attach(name, { create: true, mayWrite: true }, () => undefined);
  const [first] = [await attach('a.db'), await attach('b.db')];
  await expect(attach('c.db')).rejects.toThrow(NoRoomError);
  await expect(exec('c.db', 'SELECT 1')).rejects.toThrow(NoRoomError);
  await exec('a.db', 'SELECT 1');
  first.detach();
  await exec('c.db', 'SELECT 1');
  expect(databases.open.sort()).toEqual(['b.db', 'c.db']);
});

test('however many are asked for at once, no more are open than may be, and each gets its turn', async () => {
  const { databases, exec } = await openDatabases(undefined, { openAtMost: 2 });
  const asked = Array.from({ length: 12 }, (_, at) => exec(`shop-${at % 6}.db`, 'SELECT 1 AS one'));
  let most = 0;
  const settled = await Promise.allSettled(
    asked.map((answer) => answer.finally(() => (most = Math.max(most, databases.open.length)))),
  );
  expect(most).toBeLessThanOrEqual(2);
  for (const result of settled) {
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(NoRoomError);
    else expect(result.value).toEqual({ rows: [{ one: 1 }] });
  }
  for (let at = 0; at < 6; at += 1) expect(await exec(`shop-${at}.db`, 'SELECT 1 AS one')).toBeDefined();
});

test('a trap in one database leaves the others alone, also those in the same thread', async () => {
  const { databases, threads, exec } = await openDatabases();
  const names = ['a.db', 'b.db', 'c.db', 'd.db', 'e.db'];
  for (const name of names) await exec(name, "INSERT INTO book (isbn) VALUES ('a')");
  const together = [...(threads[0]?.databases ?? [])];
  expect(together.length).toBeGreaterThan(1);
  const [trapped = ''] = together;
  // A change without a key ends the WASM instance.
  const trap =
    "INSERT INTO crsql_changes VALUES ('book', NULL, 'title', 'x', 1, 1, x'00000000000000000000000000000001', 1, 1)";
  await expect(exec(trapped, trap)).rejects.toMatchObject({ details: { failure: 'trapped' } });
  await expect.poll(() => databases.open).toEqual(names.filter((name) => name !== trapped));
  for (const name of names)
    expect(await exec(name, 'SELECT isbn FROM book')).toEqual({ rows: [{ isbn: 'a' }] });
});
