import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFile } from '@octavo/crsqlite/node.ts';
import { describe, expect, test } from 'vitest';
import { lockFolder } from '../src/data-folder/folder-lock.ts';
import { NodeClient } from './node-client.ts';
import { octavo } from './octavo.ts';
import { octavoProcess } from './processes.ts';
import { ask, exec, runServer } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const stockList = `Title;Author;EAN;Price;Shelf
Fantastic Mr Fox;Roald Dahl;9780140328721;9,99;A
Wrong digit;Nobody;9780140328722;1;B
No number;Nobody;;1;B
The Philosopher’s Stone;J. K. Rowling;978-0-7475-3269-9;12,50;A
`;

async function folderWithList(): Promise<{ dataDir: string; cwd: string }> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'stock list.csv'), stockList);
  return { dataDir: join(cwd, 'data'), cwd };
}

describe('octavo import', () => {
  test('opens the file itself when no server runs', async () => {
    const { dataDir, cwd } = await folderWithList();
    const args = ['--data-dir', dataDir, 'import', 'stock list.csv', '--refused', 'refused.csv'];
    const first = await octavoProcess(args, { cwd });
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toContain(
      'isbn13 from "EAN", title from "Title", authors from "Author", price from "Price"',
    );
    expect(first.stdout).toContain('not used: "Shelf"');
    expect(first.stdout).toContain('2 added, 0 updated, 0 unchanged, 2 refused');
    expect(first.stdout).toContain('line 3: wrong-check-digit');
    expect(first.stderr).toContain('no server is running');
    expect(await readFile(join(cwd, 'refused.csv'), 'utf8')).toContain('Wrong digit');

    expect((await octavo(args, { cwd })).stdout).toContain('0 added, 0 updated, 2 unchanged, 2 refused');
    const database = await openFile(join(dataDir, 'shop.sqlite3'), { owner: 'a test' });
    expect(database.prepare('SELECT isbn, price FROM book ORDER BY isbn').all()).toEqual([
      { isbn: '9780140328721', price: 999 },
      { isbn: '9780747532699', price: 1250 },
    ]);
    database.close();
  });

  test('goes through the server while it runs, and its clients see the books', async () => {
    const { dataDir, cwd } = await folderWithList();
    const server = await runServer({ dataDir, dev: false });
    const client = await NodeClient.connect(server);
    await client.synced();
    const { code, stdout, stderr } = await octavo(['--data-dir', dataDir, 'import', 'stock list.csv'], {
      cwd,
    });
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(server.url) as unknown,
    });
    expect(stdout).toContain('2 added');
    await client.until('the books', () => client.rows('SELECT 1 FROM book').length === 2);
  });

  test('imports into another database, and makes it', async () => {
    const { dataDir, cwd } = await folderWithList();
    const args = ['--data-dir', dataDir, 'import', 'stock list.csv', '--db', 'branch.db'];
    expect(await octavo(args, { cwd })).toMatchObject({ code: 0 });
    expect((await octavoProcess(['--data-dir', dataDir, 'db', 'list'])).stdout).toMatch(
      /^branch\.db\t[\d.]+ KiB\tchanged .*\n$/,
    );
  });

  test.each([
    ['nothing in it', 'empty.csv', '', 'empty'],
    ['a header only', 'header.csv', 'isbn,title\n', 'header'],
    ['no ISBNs', 'names.csv', 'title,author\nA,B\n', 'ISBN'],
    ['a picture', 'list.csv', '\x89PNG\r\n\x1a\n', 'picture'],
  ])('a file with %s is refused in words', async (_what, name, content, words) => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, name), content, 'latin1');
    const { code, stderr } = await octavo(['--data-dir', join(cwd, 'data'), 'import', name], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain(words);
  });

  test('a file that is not there is said to be', async () => {
    const cwd = await temporaryFolder();
    const { code, stderr } = await octavo(['--data-dir', join(cwd, 'data'), 'import', 'absent.csv'], { cwd });
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('absent.csv') as unknown,
    });
  });

  test('a folder that another process holds is left alone, and that process is named', async () => {
    const { dataDir, cwd } = await folderWithList();
    await runServer({ dataDir }).then((server) => server.close());
    const release = lockFolder(dataDir, 'a busy test');
    const args = ['--data-dir', dataDir, 'import', 'stock list.csv'];
    const { code, stderr } = await octavoProcess(args, { cwd });
    release();
    expect(code).toBe(1);
    expect(stderr).toContain(`process ${process.pid} (a busy test)`);
  });
});

describe('octavo db check', () => {
  test('says that a sound database is sound, with and without the server', async () => {
    const server = await runServer();
    await exec(server, "INSERT INTO book (isbn) VALUES ('9780140328721')");
    const args = ['--data-dir', server.config.dataDir, 'db', 'check', 'shop.sqlite3'];
    const through = await octavo(args);
    await server.close();
    const direct = await octavoProcess(args);
    for (const { code, stdout } of [through, direct]) {
      expect(code).toBe(0);
      expect(stdout).toContain('ok\tintegrity_check\tok\n');
      expect(stdout).toContain('ok\trows of book\t1\n');
      expect(stdout).toContain('shop.sqlite3 is sound.');
    }
  });

  test('says that an unsound one is not', async () => {
    const server = await runServer();
    await exec(server, "INSERT INTO book (isbn) VALUES ('9780140328721')");
    await exec(server, 'DELETE FROM book__crsql_pks');
    const { code, stdout, stderr } = await octavo([
      '--data-dir',
      server.config.dataDir,
      'db',
      'check',
      'shop.sqlite3',
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain('FAILED\tclocks of book\t1 rows without a version');
    expect(stderr).toContain('NOT sound');
  });

  test('makes no database', async () => {
    const dataDir = await temporaryFolder();
    expect(await octavo(['--data-dir', dataDir, 'db', 'check', 'absent.db'])).toMatchObject({ code: 1 });
    expect((await octavo(['--data-dir', dataDir, 'db', 'list'])).stdout).toBe('');
  });
});

describe('the command line', () => {
  test.each([
    [['--help']],
    [['db', '--help']],
    [['db', 'check', '--help']],
    [['db', 'backup', '--help']],
    [['db', 'backups', '--help']],
    [['db', 'restore', '--help']],
    [['db', 'rewind', '--help']],
    [['import', '--help']],
  ])('octavo %s explains itself', async (args) => {
    const { code, stdout } = await octavo(args);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: octavo');
    expect(stdout).toContain('Exit codes: 0 done');
  });

  test.each([
    [[]],
    [['sell']],
    [['db']],
    [['db', 'check']],
    [['db', 'check', '../x.db']],
    [['import', '--fast', 'x']],
  ])('octavo %s is not understood', async (args: string[]) => {
    const { code, stderr } = await octavo(args);
    expect(code).toBe(2);
    expect(stderr).not.toBe('');
  });

  test.each([
    ['0 when it is done', ['db', '--help']],
    ['1 when it failed', ['--data-dir', '/no/such/folder', 'db', 'list']],
    ['2 when it was not understood', ['sell']],
  ])('is a process that says what it says here, and ends with %s', async (_code, args) => {
    expect(await octavoProcess(args)).toEqual(await octavo(args));
  });

  test('a note of a server that is gone leads nowhere', async () => {
    const { dataDir, cwd } = await folderWithList();
    const server = await runServer({ dataDir });
    const note = await readFile(join(dataDir, 'server.json'), 'utf8');
    await server.close();
    // Another server listens on the old one's port by now.
    const stranger = await runServer({ port: Number(new URL(server.url).port) });
    await writeFile(join(dataDir, 'server.json'), note);
    const { code, stderr } = await octavo(['--data-dir', dataDir, 'import', 'stock list.csv'], { cwd });
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('opened directly') as unknown,
    });
    expect((await ask(`${stranger.url}/shop.sqlite3/meta`)).body).toMatchObject({ dbVersion: 0 });
  });
});
