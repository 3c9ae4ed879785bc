import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closeCodes } from '@octavo/protocol/close-codes.ts';
import { decodeDownstream, encodeFrame } from '@octavo/protocol/frame.ts';
import { HANDSHAKE_TIMEOUT_MS, MAX_FRAME_BYTES } from '@octavo/protocol/limits.ts';
import type { Downstream } from '@octavo/protocol/messages.ts';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { helloOf } from './attack/raw-client.ts';
import { NodeClient } from './node-client.ts';
import { ask, exec, runServer, shareServer } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const FOX = '9780140328721';
const shop = shareServer();
const plainShop = shareServer({ dev: false });
const insertFox = `INSERT INTO book (isbn, title) VALUES ('${FOX}', 'Fantastic Mr Fox')`;

describe('replication', () => {
  test('what one client writes reaches the server and every other client', async () => {
    const server = shop();
    const [first, second] = [await NodeClient.connect(server), await NodeClient.connect(server)];
    await Promise.all([first.synced(), second.synced()]);
    first.write(insertFox);
    await second.until('the book', () => second.rows('SELECT title FROM book').length === 1);
    expect(second.rows('SELECT title FROM book')).toEqual([{ title: 'Fantastic Mr Fox' }]);
    expect((await exec(server, 'SELECT title FROM book')).body).toEqual({
      rows: [{ title: 'Fantastic Mr Fox' }],
    });
    await first.synced();
  });

  test('what an administrator writes on the server reaches a connected client at once', async () => {
    const server = shop();
    const client = await NodeClient.connect(server);
    await client.synced();
    const began = performance.now();
    await exec(server, insertFox);
    await client.until('the book', () => client.rows('SELECT 1 FROM book').length === 1);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('databases of one server do not mix, and one is made by the first handshake', async () => {
    const names = [plainShop(), plainShop()] as const;
    const [one, other] = [await NodeClient.connect(names[0]), await NodeClient.connect(names[1])];
    await Promise.all([one.synced(), other.synced()]);
    one.write(insertFox);
    await one.synced();
    await other.synced();
    expect(other.rows('SELECT * FROM book')).toEqual([]);
    expect((await ask(`${names[0].address}/meta`)).body).toMatchObject({ dbVersion: 1 });
  });

  test('a long backlog arrives whole both ways', async () => {
    const server = shop();
    const BOOKS = 500;
    const TRANSACTIONS = 8;
    const many = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${BOOKS})
      INSERT INTO book (isbn, title, authors) SELECT ? || i, 'Title ' || i, 'Author' FROM n`;
    const first = await NodeClient.connect(server);
    for (let at = 0; at < TRANSACTIONS; at += 1) {
      first.write(many, `client-${at}-`);
      expect((await exec(server, many, [`server-${at}-`])).status).toBe(200);
    }
    await first.synced();
    const second = await NodeClient.connect(server);
    await second.synced();
    const digest = 'SELECT count(*) AS books, sum(length(title)) AS letters FROM book';
    expect(first.rows(digest)).toEqual(second.rows(digest));
    expect(first.rows('SELECT count(*) AS books FROM book')).toEqual([{ books: 2 * BOOKS * TRANSACTIONS }]);
  });
});

describe('what does not belong on /sync', () => {
  test('a text frame', async () => {
    const { url } = shop();
    const socket = await connected(url);
    socket.send('hello');
    expect(await closed(socket)).toMatchObject(closeCodeOf('malformed'));
  });

  test.each([
    ['no bytes', new Uint8Array(0)],
    ['random bytes', new Uint8Array(randomBytes(1_000))],
    ['a number of no message', Uint8Array.of(0xff, 0xff, 0x03)],
  ])('%s', async (_what, bytes) => {
    const { url } = shop();
    const socket = await connected(url);
    socket.send(bytes);
    expect(await closed(socket)).toMatchObject(closeCodeOf('malformed'));
  });

  test('a message before the hello, and one that only servers send', async () => {
    const { url } = shop();
    for (const message of [
      encodeFrame({ type: 'ping', nonce: 1 }),
      encodeFrame({ type: 'refuse', reason: 'overloaded', message: '' }),
    ]) {
      const socket = await connected(url);
      socket.send(message);
      expect(await closed(socket)).toMatchObject(closeCodeOf('unexpected'));
    }
  });

  test('a frame over the limit, before the hello and after it', async () => {
    const { url } = shop();
    for (const before of [[], [hello('shop.sqlite3')]]) {
      const socket = await connected(url);
      for (const frame of before) socket.send(frame);
      if (before.length > 0) await answer(socket);
      socket.send(new Uint8Array(MAX_FRAME_BYTES + 1));
      expect(await closed(socket)).toMatchObject(closeCodeOf('too-large'));
    }
  });

  test('garbage after the handshake', async () => {
    const { url } = shop();
    const socket = await connected(url);
    socket.send(hello('shop.sqlite3'));
    expect(await answer(socket)).toMatchObject({ type: 'welcome' });
    socket.send(Uint8Array.of(0xff, 0xff, 0x03));
    expect(await closed(socket)).toMatchObject(closeCodeOf('malformed'));
  });

  test('silence', { timeout: HANDSHAKE_TIMEOUT_MS + 30_000 }, async () => {
    const { url } = shop();
    const began = performance.now();
    const { code } = await closed(await connected(url));
    expect(code).toBe(closeCodes['handshake-timeout']);
    expect(performance.now() - began).toBeGreaterThan(HANDSHAKE_TIMEOUT_MS - 100);
  });

  test('the name of a file elsewhere', async () => {
    const { url } = shop();
    const socket = await connected(url);
    const ended = closed(socket);
    socket.send(hello('../../etc/passwd.db'));
    expect(await answer(socket)).toMatchObject({ type: 'refuse', reason: 'bad-database-name' });
    expect(await ended).toMatchObject(closeCodeOf('refused'));
  });

  test('the name of a file that is no database', async () => {
    const { url, database, dataDir } = shop();
    await writeFile(join(dataDir, database), 'not a database at all, '.repeat(100));
    const socket = await connected(url);
    const ended = closed(socket);
    socket.send(hello(database));
    expect(await answer(socket)).toMatchObject({ type: 'refuse', reason: 'database-unavailable' });
    expect(await ended).toMatchObject(closeCodeOf('refused'));
  });

  test('a thousand pings without reading a pong neither block nor crash', async () => {
    const server = shop();
    const socket = await connected(server.url);
    socket.send(hello('shop.sqlite3'));
    await answer(socket);
    for (let nonce = 0; nonce < 1_000; nonce += 1) socket.send(encodeFrame({ type: 'ping', nonce }));
    const last = new Promise((resolve) => {
      socket.on('message', (data: Buffer) => {
        const message = decodeDownstream(new Uint8Array(data));
        if (message.type === 'pong' && message.nonce === 999) resolve(message);
      });
    });
    await last;
    socket.close();
  });

  test('nothing of it harms those who behave', async () => {
    const server = shop();
    const client = await NodeClient.connect(server);
    await client.synced();
    for (let round = 0; round < 20; round += 1) {
      const socket = await connected(server.url);
      if (round % 2 === 0) socket.send(hello('shop.sqlite3'));
      socket.send(new Uint8Array(randomBytes(100 * round)));
      await closed(socket);
    }
    client.write(insertFox);
    await client.synced();
    expect(client.closes).toEqual([]);
  });
});

describe('who may open /sync', () => {
  test.each([
    ['a foreign page', { headers: { origin: 'https://evil.example' } }],
    ['a rebound name', { headers: { host: 'evil.example' } }],
    ['another page of this machine', { headers: { origin: 'http://127.0.0.1:1' } }],
  ])('%s may not', async (_what, options) => {
    const { url } = shop();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/sync`, options);
    const error = await new Promise<Error>((resolve) => socket.on('error', resolve));
    expect(error.message).toContain('403');
  });

  test('our own page may, and an allow-listed one', async () => {
    const { url } = await runServer({ allowedOrigins: ['https://shop.example'] });
    for (const origin of [url, 'https://shop.example']) {
      const socket = await connected(url, { origin });
      socket.close();
    }
  });

  test('other addresses have no WebSocket', async () => {
    const { url } = shop();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/other`);
    const error = await new Promise<Error>((resolve) => socket.on('error', resolve));
    expect(error.message).toContain('404');
  });
});

describe('when a database fails', () => {
  /** A NULL key sends this build of cr-sqlite into a trap. */
  const trap = `INSERT INTO crsql_changes VALUES ('book', NULL, 'title', 'x', 1, 1, randomblob(16), 1, 0)`;

  test('its clients are told and find it opened anew; the other databases notice nothing', async () => {
    const server = shop();
    const [hurt, unhurt] = [await NodeClient.connect(server), await NodeClient.connect(shop())];
    hurt.write(insertFox);
    await Promise.all([hurt.synced(), unhurt.synced()]);

    expect(await exec(server, trap)).toMatchObject({ status: 503, body: { error: 'database-failed' } });
    await hurt.until('told', () => hurt.closes.some(({ code }) => code === closeCodes['database-failed']));
    await hurt.synced();
    expect((await exec(server, 'SELECT isbn FROM book')).body).toEqual({ rows: [{ isbn: FOX }] });
    hurt.write("UPDATE book SET title = 'after the trap'");
    await hurt.synced();
    expect((await exec(server, 'SELECT title FROM book')).body).toEqual({
      rows: [{ title: 'after the trap' }],
    });
    expect(unhurt.closes).toEqual([]);
  });
});

describe('stopping and starting again', () => {
  test('clients are told that it is a restart, and go on with the next server', async () => {
    const dataDir = await temporaryFolder();
    const first = await runServer({ dataDir });
    const client = await NodeClient.connect(first);
    await client.synced();
    const stranger = await connected(first.url);
    const strangersEnd = closed(stranger);
    await first.close();
    await client.until('told', () => client.closes.length > 0);
    expect(client.closes[0]).toMatchObject({ code: closeCodes.restarting });
    expect(await strangersEnd).toMatchObject(closeCodeOf('restarting'));

    client.write(insertFox);
    const second = await runServer({ dataDir });
    client.moveTo(second);
    await client.synced();
    expect((await exec(second, 'SELECT isbn FROM book')).body).toEqual({ rows: [{ isbn: FOX }] });
  });

  test('a reset is another shop: the client stays away and keeps what it has', async () => {
    const server = shop();
    const client = await NodeClient.connect(server);
    client.write(insertFox);
    await client.synced();
    await ask(`${server.address}/reset`, { method: 'POST' });
    await client.until('incompatible', () => client.state.status === 'incompatible');
    expect(client.state).toMatchObject({ reason: 'rebuilt' });
    expect(client.rows('SELECT isbn FROM book')).toEqual([{ isbn: FOX }]);
    expect((await exec(server, 'SELECT * FROM book')).body).toEqual({ rows: [] });
  });
});

function hello(database: string): Uint8Array {
  return encodeFrame(helloOf({ database, compressions: [] }));
}

async function connected(url: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/sync`, { headers });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  // What happens to the connection from now on is read from how it was closed.
  socket.on('error', () => undefined);
  return socket;
}

function closed(socket: WebSocket): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
}

function answer(socket: WebSocket): Promise<Downstream> {
  return new Promise((resolve) => {
    socket.once('message', (data: Buffer) => resolve(decodeDownstream(new Uint8Array(data))));
  });
}

function closeCodeOf(reason: keyof typeof closeCodes): object {
  return { code: closeCodes[reason], reason: expect.stringMatching(/./) as unknown };
}
