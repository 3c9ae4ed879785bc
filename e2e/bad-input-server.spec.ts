import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { closeCodes } from '@octavo/protocol/close-codes.ts';
import { NodeReplica } from './src/node-replica.ts';
import type { ServerProcess } from './src/server-process.ts';
import { expect, test } from './src/test.ts';

const outsideNames = [
  '../../etc/passwd.db',
  '..%2f..%2fetc%2fpasswd.db',
  '..%252f..%252fetc%252fpasswd.db',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd.db',
  '..%5c..%5cetc%5cpasswd.db',
  '/etc/passwd.db',
  'passwd.db%00.sqlite3',
  '.db',
  `${'a'.repeat(80)}.db`,
];

test('a database name that leads outside is refused in words and touches no file', async ({ server }) => {
  for (const name of outsideNames) {
    const { status, body } = await rawRequest(server, `/${name}/meta`);
    expect([400, 403, 404], `${name} is answered ${status}`).toContain(status);
    const { error, message } = JSON.parse(body) as { error: string; message: string };
    expect(error).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(message.length, `${name}: ${body}`).toBeGreaterThan(10);
  }
  expect((await readdir(server.dataDir)).filter((file) => file.includes('passwd'))).toEqual([]);
  await expectWorking(server);
});

test('a text frame on /sync closes its connection with the reason, and nobody else notices', async ({
  server,
}) => {
  const { code, reason } = await closeAfterSending(server, 'hello');
  expect(code).toBe(closeCodes.malformed);
  expect(reason).toContain('text');
  await expectWorking(server);
});

test('random bytes on /sync close their connection with a code of the protocol', async ({
  server,
  random,
}) => {
  const known = new Set<number>(Object.values(closeCodes));
  for (let round = 0; round < 50; round += 1) {
    const bytes = Uint8Array.from({ length: 1 + Math.floor(random() * 2_000) }, () =>
      Math.floor(random() * 256),
    );
    // A first byte that is the hello's number gets deeper into the decoder than the other 255.
    if (round % 2 === 0) bytes[0] = 1;
    const { code } = await closeAfterSending(server, bytes);
    expect(known, `close code ${code} after round ${round}`).toContain(code);
  }
  await expectWorking(server);
});

test('a frame over the limit closes its connection, and the server lives on', async ({ server }) => {
  const { code } = await closeAfterSending(server, new Uint8Array(5 * 1024 * 1024));
  // 1009 is the transport's own "message too big".
  expect([1009, closeCodes['too-large']]).toContain(code);
  await expectWorking(server);
});

test('a connection that says nothing is closed', async ({ server }) => {
  const { code } = await closeAfterSending(server, undefined);
  expect(code).toBe(closeCodes['handshake-timeout']);
});

test('a page of another origin may neither connect nor change anything', async ({ server }) => {
  const response = await fetch(new URL('/shop.sqlite3/exec', server.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
    body: JSON.stringify({ sql: 'DELETE FROM book' }),
  });
  expect(response.status).toBe(403);
  const answer = await rawUpgrade(server, 'https://evil.example');
  expect(answer).toMatch(/^HTTP\/1\.1 403/);
  await expectWorking(server);
});

test('a body that is not JSON, or SQL that is not SQL, gets an answer that says so', async ({ server }) => {
  const post = (body: string) =>
    fetch(new URL('/shop.sqlite3/exec', server.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  const noJson = await post('{"sql": ');
  expect(noJson.status).toBe(400);
  expect(await noJson.json()).toMatchObject({ error: 'malformed-json' });
  const noSql = await post(JSON.stringify({ sql: 'SELEKT 1' }));
  expect(noSql.status).toBe(400);
  expect(await noSql.json()).toMatchObject({ isSQLiteError: true, code: expect.anything() });
  await expectWorking(server);
});

/** A request whose path arrives as it is written here: no client has resolved the dots. */
async function rawRequest(server: ServerProcess, path: string): Promise<{ status: number; body: string }> {
  const answer = await rawExchange(
    server,
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: close\r\n\r\n`,
  );
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), body };
}

function rawUpgrade(server: ServerProcess, origin: string): Promise<string> {
  const key = Buffer.from('the sample nonce').toString('base64');
  return rawExchange(
    server,
    `GET /sync HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nOrigin: ${origin}\r\nConnection: Upgrade\r\n` +
      `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
}

function rawExchange(server: ServerProcess, request: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(server.port, '127.0.0.1', () => socket.write(request));
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  socket.on('end', () => resolve(answer)).on('error', reject);
  return promise;
}

function closeAfterSending(
  server: ServerProcess,
  data: string | Uint8Array<ArrayBuffer> | undefined,
): Promise<CloseEvent> {
  const { promise, resolve } = Promise.withResolvers<CloseEvent>();
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/sync`);
  socket.addEventListener('open', () => {
    if (data !== undefined) socket.send(data);
  });
  socket.addEventListener('close', resolve);
  return promise;
}

/** The shop is there, sound, and takes changes from a client. */
async function expectWorking(server: ServerProcess): Promise<void> {
  expect(await server.integrity()).toBe('ok');
  using replica = await NodeReplica.open(server.url);
  replica.connect();
  replica.write((db) =>
    db.prepare('INSERT INTO book (isbn, title) VALUES (?, ?)').run('9780000000002', 'Still here'),
  );
  await expect.poll(() => replica.state.status).toBe('synced');
  expect(await server.count('SELECT count(*) FROM book WHERE title = ?', ['Still here'])).toBe(1);
}
