import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, open, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { openFile } from '@octavo/crsqlite/node.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NodeClient } from './node-client.ts';
import { octavo } from './octavo.ts';
import { type ServerProcess, spawnServer } from './processes.ts';
import { ask, exec } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Most of it is waiting for other processes, one after another. */
const LIMIT_MS = 180_000;
const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const COUNT = 'SELECT count(*) AS books FROM book';
const isbn = (number: number): string => String(9790000000000 + number);

/** Whom no permission bits hold back would not notice a read-only file: then the server runs as nobody. */
const NOBODY = 65_534;
const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

async function nobodysFolder(): Promise<string> {
  const path = await temporaryFolder();
  if (user.uid !== undefined) await chown(path, user.uid, user.gid);
  return path;
}

async function serve(
  dataDir: string,
  { port = 0, user: owner = {} }: { port?: number; user?: typeof user } = {},
): Promise<ServerProcess> {
  const server = await spawnServer({ DATA_DIR: dataDir, PORT: String(port) }, owner);
  onTestFinished(() => void server.child.kill('SIGKILL'));
  return server;
}

/** Overwrites the books, and leaves their log. */
async function makeHoles(path: string): Promise<void> {
  const database = await openFile(path, { owner: 'a test' });
  const [size] = database.prepare('PRAGMA page_size').all();
  const roots = database
    .prepare<{ page: number }>(
      "SELECT rootpage AS page FROM sqlite_schema WHERE tbl_name = 'book' AND rootpage > 0",
    )
    .all();
  database.close();
  const bytes = Number(size?.['page_size']);
  const file = await open(path, 'r+');
  for (const { page } of roots) await file.write(randomBytes(bytes), 0, bytes, (page - 1) * bytes);
  await file.close();
}

function addBooks(client: NodeClient, from: number, to: number): void {
  for (let number = from; number < to; number += 1) client.write(INSERT, isbn(number), `Book ${number}`);
}

/** The client shows `stuck`, in the server's words. */
async function stuckWith(client: NodeClient, words: RegExp): Promise<void> {
  await client.until(`stuck with ${String(words)}`, () => {
    const { state } = client;
    return state.status === 'stuck' && words.test(state.diagnostics.lastFailure);
  });
}

async function booksAt({ url }: { url: string }, database: string): Promise<unknown> {
  return (await exec({ url, database }, COUNT)).body;
}

async function health({ url }: { url: string }): Promise<{ status: number; failed: Record<string, string> }> {
  const { status, body } = await ask(`${url}/health`);
  const { checks } = body as { checks: { name: string; ok: boolean; detail: string }[] };
  const failed = checks.filter(({ ok }) => !ok).map(({ name, detail }) => [name, detail] as const);
  return { status, failed: Object.fromEntries(failed) };
}

async function metrics({ url }: { url: string }): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

describe('files that were damaged while nobody had them open', () => {
  const damaged = ['cut.db', 'empty.db', 'noise.db', 'holes.db'];

  test(
    'concern nobody but those who use them, and once repaired they go on without a restart',
    async () => {
      const dataDir = await nobodysFolder();
      const first = await serve(dataDir, { user });
      const names = [...damaged, 'locked.db', 'well.db'];
      const clients = new Map<string, NodeClient>();
      for (const database of names) {
        const client = await NodeClient.connect({ url: first.url, database });
        addBooks(client, 0, 3);
        clients.set(database, client);
      }
      await Promise.all([...clients.values()].map((client) => client.synced()));
      for (const name of damaged)
        expect(await octavo(['--data-dir', dataDir, 'db', 'backup', name])).toMatchObject({ code: 0 });
      // Acknowledged, and in no backup.
      for (const client of clients.values()) addBooks(client, 3, 6);
      await Promise.all([...clients.values()].map((client) => client.synced()));
      first.child.kill('SIGTERM');
      await first.ended;

      const path = (name: string) => join(dataDir, name);
      await truncate(path('cut.db'), Math.floor((await stat(path('cut.db'))).size / 2));
      await truncate(path('empty.db'), 0);
      await writeFile(path('noise.db'), randomBytes(100_000));
      await makeHoles(path('holes.db'));
      clients.get('holes.db')?.write("UPDATE book SET title = 'Changed meanwhile'");
      await chmod(path('locked.db'), 0o444);
      const second = await serve(dataDir, { port: Number(new URL(first.url).port), user });
      const { well, ...bad } = {
        well: clients.get('well.db'),
        'cut.db': /malformed/,
        'empty.db': /is empty/,
        'noise.db': /not a database/,
        // It opens, and shows what it is when somebody changes a book.
        'holes.db': /damaged/,
        'locked.db': /EACCES/,
      };
      for (const [name, words] of Object.entries(bad)) {
        const client = clients.get(name);
        if (client !== undefined) await stuckWith(client, words);
      }
      if (well === undefined) throw new Error('There is no such client.');
      await well.synced();
      const connections = well.closes.length;
      addBooks(well, 6, 9);
      await well.synced();

      const { status, failed } = await health(second);
      expect(status).toBe(503);
      expect(Object.keys(failed).sort()).toEqual(
        Object.keys(bad)
          .map((name) => `database ${name}`)
          .sort(),
      );
      for (const [name, words] of Object.entries(bad)) {
        expect(failed[`database ${name}`]).toMatch(words);
        expect(await metrics(second)).toContain(`octavo_databases_out_of_service{database="${name}"} 1`);
      }

      await chmod(path('locked.db'), 0o644);
      for (const name of damaged) {
        const listed = await octavo(['--data-dir', dataDir, 'db', 'backups', name]);
        const file = listed.stdout.trim().split('\t').at(-1) ?? '';
        expect(await octavo(['--data-dir', dataDir, 'db', 'restore', name, file, '--yes'])).toMatchObject({
          code: 0,
        });
      }
      for (const client of clients.values()) {
        await client.synced();
        expect(client.rows(COUNT)).toEqual([{ books: client === well ? 9 : 6 }]);
      }
      for (const name of [...damaged, 'locked.db'])
        expect(await booksAt(second, name)).toEqual({ rows: [{ books: 6 }] });
      expect(well.closes).toHaveLength(connections);
      expect(await health(second)).toEqual({ status: 200, failed: {} });
    },
    LIMIT_MS,
  );
});

describe('a disk without room', () => {
  test('stops the database that needs it, in words, and it goes on when there is room', async () => {
    const dataDir = await temporaryFolder();
    const server = await serve(dataDir);
    const [large, small] = [
      await NodeClient.connect({ url: server.url, database: 'large.db' }),
      await NodeClient.connect({ url: server.url, database: 'small.db' }),
    ];
    for (const client of [large, small]) addBooks(client, 0, 3);
    await Promise.all([large.synced(), small.synced()]);
    // The operating system lets no file of this process grow beyond that: to the one that has to, the disk is full.
    const room = (await stat(join(dataDir, 'large.db'))).size + 100_000;
    limitFileSize(server, String(room));
    for (let number = 10; number < 20; number += 1) large.write(INSERT, isbn(number), 'x'.repeat(100_000));
    await stuckWith(large, /full/);
    expect(large.state.pending).toBeGreaterThan(0);
    addBooks(small, 3, 6);
    await small.synced();
    expect(small.closes).toEqual([]);
    const { status, failed } = await health(server);
    expect({ status, names: Object.keys(failed) }).toEqual({ status: 503, names: ['changes to large.db'] });
    expect(failed['changes to large.db']).toMatch(/full/);
    expect(await metrics(server)).toContain('octavo_databases_not_writable{database="large.db"} 1');
    // What was acknowledged before is there, and can be read.
    expect(await booksAt(server, 'small.db')).toEqual({ rows: [{ books: 6 }] });

    limitFileSize(server, 'unlimited');
    await large.synced();
    expect(await booksAt(server, 'large.db')).toEqual({ rows: [{ books: 13 }] });
    expect(await health(server)).toEqual({ status: 200, failed: {} });
    expect(await metrics(server)).not.toContain('not_writable{');
  });
});

function limitFileSize({ child }: ServerProcess, bytes: string): void {
  execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:`]);
}
