import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openFile } from '@octavo/crsqlite/node.ts';
import { describe, expect, test } from 'vitest';
import { NodeClient } from './node-client.ts';
import { runToItsEnd, startProcess } from './processes.ts';
import { ask, exec } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('the server process', () => {
  test('prints one line with its address and makes the shop', async () => {
    const dataDir = await temporaryFolder();
    const server = await startProcess({ DATA_DIR: dataDir });
    expect(existsSync(join(dataDir, 'shop.sqlite3'))).toBe(true);
    server.child.kill('SIGTERM');
    const { code, stdout } = await server.ended;
    expect(stdout).toBe(`Octavo is ready at ${server.url}\n`);
    expect(code).toBe(0);
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'on %s it closes everything and ends well',
    async (signal) => {
      const dataDir = await temporaryFolder();
      const server = await startProcess({ DATA_DIR: dataDir });
      const client = await NodeClient.connect(server);
      await client.synced();
      const began = performance.now();
      server.child.kill(signal);
      expect(await server.ended).toMatchObject({ code: 0 });
      expect(performance.now() - began).toBeLessThan(10_000);
      for (const left of ['server.json', 'folder-lock', 'shop.sqlite3-lock']) {
        expect(existsSync(join(dataDir, left))).toBe(false);
      }
    },
  );

  test('a signal that comes twice, as Ctrl-C under npm does, is one', async () => {
    const server = await startProcess({ DATA_DIR: await temporaryFolder() });
    server.child.kill('SIGINT');
    server.child.kill('SIGINT');
    expect(await server.ended).toMatchObject({ code: 0 });
  });

  test('two never serve one data folder; the second names the first', async () => {
    const dataDir = await temporaryFolder();
    const first = await startProcess({ DATA_DIR: dataDir });
    const second = await runToItsEnd({ DATA_DIR: dataDir });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(String(first.child.pid));
    expect((await ask(`${first.url}/health`)).status).toBe(200);
  });

  test('a port that is taken and a value that makes no sense are said in words', async () => {
    const first = await startProcess({ DATA_DIR: await temporaryFolder() });
    const taken = await runToItsEnd({ DATA_DIR: await temporaryFolder(), PORT: new URL(first.url).port });
    expect(taken).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('EADDRINUSE') as unknown,
    });
    const wrong = await runToItsEnd({ OCTAVO_AUTH: 'password', DATA_DIR: await temporaryFolder() });
    expect(wrong).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('OCTAVO_AUTH=password') as unknown,
    });
  });
});

describe('kill -9', () => {
  test('in the middle of a stream: the file is sound, everything acknowledged is in it, and sync goes on', async () => {
    const dataDir = await temporaryFolder();
    let server = await startProcess({ DATA_DIR: dataDir });
    const client = await NodeClient.connect(server);
    const other = await NodeClient.connect(server);
    await other.synced();
    let written = 0;
    const write = () => {
      written += 1;
      client.write(
        'INSERT INTO book (isbn, title, authors) VALUES (?, ?, ?)',
        `isbn-${written}`,
        'Title',
        'Author',
      );
    };

    for (let round = 0; round < 4; round += 1) {
      for (let at = 0; at < 50; at += 1) write();
      await client.synced();
      const acknowledged = written;

      // From here on the server is always busy with a stream; it dies when the other client has seen some of it.
      for (let at = 0; at < 300; at += 1) write();
      const count = () => other.rows('SELECT count(*) AS books FROM book')[0]?.['books'];
      await other.until('part of the stream', () => Number(count()) > acknowledged + 20 * round);
      server.child.kill('SIGKILL');
      await server.ended;

      const file = await openFile(join(dataDir, 'shop.sqlite3'), { owner: 'a test' });
      expect(file.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
      const present = new Set(
        file
          .prepare<{ isbn: string }>('SELECT isbn FROM book')
          .all()
          .map(({ isbn }) => isbn),
      );
      for (let at = 1; at <= acknowledged; at += 1) expect(present).toContain(`isbn-${at}`);
      file.close();

      server = await startProcess({ DATA_DIR: dataDir });
      client.moveTo(server);
      other.moveTo(server);
      await client.synced();
      await other.until('the rest', () => count() === written);
    }
    expect((await exec(server, 'SELECT count(*) AS books FROM book')).body).toEqual({
      rows: [{ books: written }],
    });
    expect((await ask(`${server.url}/shop.sqlite3/health?depth=full`)).body).toMatchObject({ ok: true });
  });
});
