import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closeCodes } from '@octavo/protocol/close-codes.ts';
import { openFile } from '@octavo/crsqlite/node.ts';
import { describe, expect, test, vi } from 'vitest';
import { examineFile } from '../src/databases/examine-file.ts';
import { NodeClient } from './node-client.ts';
import { octavo } from './octavo.ts';
import { octavoProcess } from './processes.ts';
import { ask, exec, post, runServer } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SHOP = 'shop.sqlite3';
const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const BOOKS = 'SELECT isbn FROM book ORDER BY isbn';
const isbn = (number: number): string => String(9790000000000 + number);

/** A server with a shop of five books and a backup of it. */
async function shopWithBackup() {
  const server = await runServer();
  const { dataDir } = server.config;
  const args = ['--data-dir', dataDir, 'db'];
  const author = await NodeClient.connect(server);
  addBooks(author, 0, 5);
  await author.synced();
  const { stdout } = await octavo([...args, 'backup', SHOP]);
  return { server, dataDir, args, author, backup: stdout.split('\t')[0] ?? '' };
}

function addBooks(client: NodeClient, from: number, to: number): void {
  for (let number = from; number < to; number += 1) client.write(INSERT, isbn(number), `Book ${number}`);
}

async function booksAt(server: { url: string }): Promise<number> {
  const { body } = await exec(server, BOOKS);
  return (body as { rows: unknown[] }).rows.length;
}

async function metaOf(server: { url: string }): Promise<Record<string, unknown>> {
  return (await ask(`${server.url}/${SHOP}/meta`)).body as Record<string, unknown>;
}

/** As the command line asks the server. */
async function asOperator(dataDir: string): Promise<Record<string, string>> {
  const note = JSON.parse(await readFile(join(dataDir, 'server.json'), 'utf8')) as { operatorKey: string };
  return { authorization: `Bearer ${note.operatorKey}` };
}

async function formerLineages({ url }: { url: string }, dataDir: string): Promise<unknown> {
  const { body } = await ask(`${url}/${SHOP}/lineages`, { headers: await asOperator(dataDir) });
  return (body as { formerLineages: unknown }).formerLineages;
}

/** Settles when nothing is left over: what was put in place may still be on its way into the copy in the cloud. */
async function nothingTemporary(dataDir: string): Promise<void> {
  await vi.waitUntil(async () => (await readdir(join(dataDir, 'temporary'))).length === 0, {
    timeout: 20_000,
  });
}

/** Some of the commands are processes, and a machine may be busy. */
vi.setConfig({ testTimeout: 180_000 });

describe('octavo db restore', () => {
  test('through the server: nothing acknowledged is lost, also of a client that never returns', async () => {
    const { server, dataDir, args, author, backup } = await shopWithBackup();
    const reader = await NodeClient.connect(server);
    addBooks(author, 5, 10);
    await author.synced();
    await reader.until('all books', () => reader.rows(BOOKS).length === 10);
    await exec(server, INSERT, [isbn(50), 'By an admin']);
    await reader.until('the book of the admin', () => reader.rows(BOOKS).length === 11);
    await reader.synced();
    // Only the reader has what the author wrote after the backup.
    author.close();
    const before = await metaOf(server);
    const shown = reader.watchStates();

    const { code, stdout, stderr } = await octavoProcess([...args, 'restore', SHOP, backup, '--yes']);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('return by themselves what they have that is newer') as unknown,
    });
    await reader.until('told', () => reader.closes.length > 0);
    expect(reader.closes[0]).toMatchObject({ code: closeCodes.restarting });
    await reader.until('repaired', () => reader.state.status === 'synced' && reader.closes.length === 1);
    expect(await booksAt(server)).toBe(11);
    expect([...shown]).not.toContain('incompatible');

    const after = await metaOf(server);
    expect(after['lineage']).toBe(before['lineage']);
    expect(after['siteId']).not.toBe(before['siteId']);
    expect(after['epoch']).not.toBe(before['epoch']);
    const [kept = ''] = await readdir(join(dataDir, 'trash'));
    expect(stdout).toContain(join(dataDir, 'trash', kept));
    expect(await examineFile(join(dataDir, 'trash', kept), { depth: 'full', owner: 'a test' })).toMatchObject(
      {
        dbVersion: before['dbVersion'],
      },
    );
    await nothingTemporary(dataDir);
    expect(await readdir(join(dataDir, 'incoming'))).toEqual([]);
  });

  test('without a server, where the file is beyond repair: devices bring back what they have', async () => {
    const { server, dataDir, args, author, backup } = await shopWithBackup();
    addBooks(author, 5, 10);
    await author.synced();
    await server.close();
    await writeFile(join(dataDir, SHOP), 'no database any more');
    const { code, stderr } = await octavo([...args, 'restore', SHOP, backup, '--yes']);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('it cannot be read') as unknown,
    });
    const again = await runServer({ dataDir });
    author.moveTo(again);
    await author.until('repaired', () => author.state.status === 'synced');
    expect(await booksAt(again)).toBe(10);
  });

  test('where there is no such database, a backup makes one', async () => {
    const { args, backup, dataDir } = await shopWithBackup();
    expect(await octavo([...args, 'restore', 'again.db', backup, '--yes'])).toMatchObject({ code: 0 });
    expect(await readdir(dataDir)).toContain('again.db');
  });

  test('a copy that a crash left in the middle of a transaction is rolled back first', async () => {
    const { server, dataDir, args, backup } = await shopWithBackup();
    await server.close();
    const folder = await temporaryFolder();
    const torn = join(folder, 'torn.sqlite3');
    await cp(backup, torn);
    const database = await openFile(torn, { owner: 'a test' });
    database.exec('PRAGMA cache_spill = ON; PRAGMA cache_size = 1; BEGIN');
    database.exec('DELETE FROM book');
    database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
      INSERT INTO book (isbn, title) SELECT 'x' || i, hex(randomblob(200)) FROM n`);
    const copy = join(folder, 'copy.sqlite3');
    for (const end of ['', '-journal']) await cp(torn + end, copy + end);
    database.exec('ROLLBACK');
    database.close();
    expect(await readFile(`${copy}-journal`)).not.toHaveLength(0);
    expect(await octavo([...args, 'restore', SHOP, copy, '--yes'])).toMatchObject({ code: 0 });
    const again = await runServer({ dataDir });
    expect(await booksAt(again)).toBe(5);
  });
});

describe('octavo db restore changes nothing', () => {
  test('of another lineage, of no database, of itself, of nothing, or unasked', async () => {
    const { server, dataDir, args, backup } = await shopWithBackup();
    const other = await runServer();
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'noise.sqlite3'), 'SQLite format 3\0 noise');
    const before = await metaOf(server);
    await octavo(['--data-dir', other.config.dataDir, 'db', 'backup', SHOP]);
    const [foreign = ''] = await readdir(join(other.config.dataDir, 'backups', SHOP));
    const refused = [
      [join(other.config.dataDir, 'backups', SHOP, foreign), 'octavo db rewind'],
      [join(folder, 'noise.sqlite3'), 'not a sound database'],
      [join(dataDir, SHOP), 'the database itself'],
      [join(folder, 'absent.sqlite3'), 'no file'],
    ] as const;
    for (const [file, words] of refused) {
      const { code, stderr } = await octavo([...args, 'restore', SHOP, file, '--yes']);
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(words) as unknown });
    }
    const operator = await asOperator(dataDir);
    for (const file of ['../shop.sqlite3', '..', '.', 'absent']) {
      const answer = await post(`${server.url}/${SHOP}/replace`, { file }, operator);
      expect(answer).toMatchObject({ status: 404, body: { error: 'unknown-file' } });
    }
    const unasked = await octavo([...args, 'restore', SHOP, backup]);
    expect(unasked).toMatchObject({ code: 1, stderr: expect.stringContaining('--yes') as unknown });
    expect(await metaOf(server)).toEqual(before);
    expect(await readdir(join(dataDir, 'trash'))).toEqual([]);
    await nothingTemporary(dataDir);
  });
});

describe('octavo db rewind', () => {
  test('takes the shop back, tells every device, and takes nothing from them', async () => {
    const { server, dataDir, args, author } = await shopWithBackup();
    addBooks(author, 5, 10);
    await author.synced();
    const before = await metaOf(server);
    const { code, stderr } = await octavoProcess([...args, 'rewind', SHOP, '--at', '2099-01-01', '--yes']);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('nothing comes back by itself') as unknown,
    });
    await author.until('told', () => author.state.status === 'incompatible');
    expect(author.state).toMatchObject({
      reason: 'rewound',
      message: expect.stringMatching(
        /taken back on purpose to how it was on \d+ \w+ \d{4} at \d\d:\d\d/,
      ) as unknown,
    });
    expect(author.rows(BOOKS)).toHaveLength(10);
    expect(await booksAt(server)).toBe(5);
    const after = await metaOf(server);
    expect(after['lineage']).not.toBe(before['lineage']);
    expect(await formerLineages(server, dataDir)).toEqual([before['lineage']]);

    const fresh = await NodeClient.connect(server);
    await fresh.synced();
    addBooks(fresh, 20, 21);
    await fresh.synced();
    expect(await booksAt(server)).toBe(6);
    expect(await readdir(join(dataDir, 'trash'))).toHaveLength(1);

    // Again, to before that: whoever has been away since the first lineage is told as well.
    expect(
      await octavo([...args, 'rewind', SHOP, '--at', String(before['dbVersion']), '--yes']),
    ).toMatchObject({ code: 1 });
    const [name = ''] = await readdir(join(dataDir, 'backups', SHOP));
    expect(await octavo([...args, 'rewind', SHOP, name, '--yes'])).toMatchObject({ code: 0 });
    await fresh.until('told', () => fresh.state.status === 'incompatible');
    expect(await formerLineages(server, dataDir)).toHaveLength(2);
    expect(author.state).toMatchObject({ reason: 'rewound' });
  });

  test('chooses the newest backup at or before a version or a time, and says which', async () => {
    const { args, dataDir, backup } = await shopWithBackup();
    const folder = join(dataDir, 'backups', SHOP);
    const older = '2020-05-01T10-00-00.000Z.sqlite3';
    await cp(backup, join(folder, older));
    const byTime = await octavo([...args, 'rewind', SHOP, '--at', '2020-05-01T10:00Z']);
    expect(byTime).toMatchObject({ code: 1, stderr: expect.stringContaining(older) as unknown });
    const byVersion = await octavo([...args, 'rewind', SHOP, '--at', '5']);
    expect(byVersion).toMatchObject({ code: 1, stderr: expect.stringContaining(backup) as unknown });
    const tooOld = await octavo([...args, 'rewind', SHOP, '--at', '2019-01-01']);
    expect(tooOld).toMatchObject({ code: 1, stderr: expect.stringContaining('that old') as unknown });
    for (const wrong of [['--at', 'yesterday'], [], [older, '--at', '5']])
      expect(await octavo([...args, 'rewind', SHOP, ...wrong])).toMatchObject({ code: 2 });
  });
});
