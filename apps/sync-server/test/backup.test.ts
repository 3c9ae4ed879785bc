import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFile } from '@octavo/crsqlite/node.ts';
import { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import { describe, expect, test } from 'vitest';
import { examineFile, UnsoundFileError } from '../src/databases/examine-file.ts';
import { FILE, NodeClient } from './node-client.ts';
import { octavo } from './octavo.ts';
import { octavoProcess } from './processes.ts';
import { ask, exec, runServer } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SHOP = 'shop.sqlite3';
const FOX = "INSERT INTO book (isbn, title) VALUES ('9780140328721', 'Fantastic Mr Fox')";
const examination = { depth: 'full', owner: 'a test' } as const;

async function booksIn(path: string): Promise<unknown[]> {
  const database = await openFile(path, { owner: 'a test' });
  const rows = database.prepare('SELECT isbn FROM book ORDER BY isbn').all();
  database.close();
  return rows.map(({ isbn }) => isbn);
}

describe('octavo db backup', () => {
  test('copies a database while it is in use, and without a server, into the folder of backups', async () => {
    const server = await runServer({ dev: true });
    const { dataDir } = server.config;
    const client = await NodeClient.connect(server);
    client.write(FOX);
    await client.synced();
    const through = await octavo(['--data-dir', dataDir, 'db', 'backup', SHOP]);
    expect(through).toMatchObject({ code: 0, stderr: expect.stringContaining(server.url) as unknown });
    expect(client.closes).toEqual([]);
    const meta = (await ask(`${server.url}/${SHOP}/meta`)).body;
    client.close();
    await server.close();
    const direct = await octavoProcess(['--data-dir', dataDir, 'db', 'backup', SHOP]);
    expect(direct).toMatchObject({ code: 0 });

    const folder = join(dataDir, 'backups', SHOP);
    const names = await readdir(folder);
    expect(names).toHaveLength(2);
    for (const name of names) {
      expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z\.sqlite3$/);
      const path = join(folder, name);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(await examineFile(path, examination)).toMatchObject(
        pick(meta, ['lineage', 'dbVersion', 'siteId']),
      );
      expect(await booksIn(path)).toEqual(['9780140328721']);
    }
    expect(direct.stdout).toContain(join(folder, names.sort()[1] ?? ''));
  });

  test('writes where it is told to, and replaces nothing', async () => {
    const { config } = await runServer();
    const out = join(config.dataDir, 'my copy.sqlite3');
    const args = ['--data-dir', config.dataDir, 'db', 'backup', SHOP, '--out', 'my copy.sqlite3'];
    expect(await octavo(args, { cwd: config.dataDir })).toMatchObject({ code: 0 });
    const before = await readFile(out);
    const again = await octavo(args, { cwd: config.dataDir });
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('replaces nothing') as unknown });
    expect(await readFile(out)).toEqual(before);
    const nowhere = await octavo([...args.slice(0, -1), 'no/such/folder.sqlite3'], { cwd: config.dataDir });
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('no folder') as unknown });
  });

  test('a database that is not there is not made', async () => {
    const { config } = await runServer({ dev: false });
    const { code, stderr } = await octavo(['--data-dir', config.dataDir, 'db', 'backup', 'absent.db']);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('absent.db') as unknown,
    });
    expect(await readdir(config.dataDir)).not.toContain('absent.db');
  });

  test('a copy that is not sound is not kept', async () => {
    const server = await runServer();
    await exec(server, FOX);
    await exec(server, 'DELETE FROM book__crsql_pks');
    const { code, stderr } = await octavo(['--data-dir', server.config.dataDir, 'db', 'backup', SHOP]);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not sound') as unknown,
    });
    expect(await readdir(join(server.config.dataDir, 'backups', SHOP))).toEqual([]);
  });
});

describe('octavo db backups', () => {
  test('lists them, the newest first, and names one that cannot be read; looking changes none', async () => {
    const server = await runServer();
    const { dataDir } = server.config;
    const args = ['--data-dir', dataDir, 'db'];
    await octavo([...args, 'backup', SHOP]);
    await exec(server, FOX);
    await octavo([...args, 'backup', SHOP]);
    const folder = join(dataDir, 'backups', SHOP);
    const [older = '', newer = ''] = (await readdir(folder)).sort();
    await cp(join(folder, older), join(folder, '2026-01-01T00-00-00.000Z-before-schema-7.sqlite3'));
    await writeFile(
      join(folder, '2025-01-01T00-00-00.000Z.sqlite3'),
      'SQLite format 3\0 and nothing that follows',
    );
    const before = await readFile(join(folder, newer));

    const { code, stdout } = await octavoProcess([...args, 'backups', SHOP]);
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(lines.map(([, version, , why, file]) => [version, why, file])).toEqual([
      ['version 1', 'asked for', newer],
      ['version 0', 'asked for', older],
      ['version 0', 'made before schema 7', '2026-01-01T00-00-00.000Z-before-schema-7.sqlite3'],
      ['NOT SOUND', 'asked for', '2025-01-01T00-00-00.000Z.sqlite3'],
    ]);
    expect(await readFile(join(folder, newer))).toEqual(before);
    expect(await readdir(folder)).toHaveLength(4);
  });
});

describe('a file that is examined', () => {
  test.each([
    ['empty', ''],
    ['text', 'isbn;title\n'],
    ['an SQLite header and noise', `SQLite format 3\0${'noise'.repeat(3_000)}`],
  ])('%s is no database', async (_what, content) => {
    const path = join(await temporaryFolder(), 'copy.sqlite3');
    await writeFile(path, content);
    await expect(examineFile(path, examination)).rejects.toThrow(UnsoundFileError);
  });

  test('a database of something else, or of a device, is none of a server', async () => {
    const folder = await temporaryFolder();
    const other = await openFile(join(folder, 'other.sqlite3'), { owner: 'a test' });
    other.exec('CREATE TABLE book (isbn TEXT)');
    other.close();
    await expect(examineFile(join(folder, 'other.sqlite3'), examination)).rejects.toThrow("none of Octavo's");

    const server = await runServer();
    const disk = new MemoryFileSystem();
    const client = await NodeClient.connect(server, disk);
    client.write(FOX);
    await client.synced();
    const exported = join(folder, 'exported.sqlite3');
    await writeFile(exported, disk.read(FILE) ?? '');
    await expect(examineFile(exported, examination)).rejects.toThrow('a device');
  });
});

function pick(value: unknown, names: readonly string[]): object {
  const entries = Object.entries(value as object).filter(([name]) => names.includes(name));
  return Object.fromEntries(entries);
}
