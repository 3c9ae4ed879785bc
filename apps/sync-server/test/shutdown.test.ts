import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { closeCodes } from '@octavo/protocol/close-codes.ts';
import { expect, onTestFinished, test } from 'vitest';
import { NodeClient } from './node-client.ts';
import { startProcess } from './processes.ts';
import { exec } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const CLIENTS = 50;
const STOP_LIMIT_MS = 10_000;
/** What a WebSocket calls it when no close frame came (RFC 6455, 7.4.1). */
const ABNORMAL = 1006;

async function connectAll(server: { url: string }): Promise<NodeClient[]> {
  const clients: NodeClient[] = [];
  for (let index = 0; index < CLIENTS; index += 1) clients.push(await NodeClient.connect(server));
  await Promise.all(clients.map((client) => client.synced()));
  return clients;
}

/** Whoever does not read for a second and a half, as on a machine that is too busy, finds the connection gone instead. */
function expectToldToComeBack(clients: readonly NodeClient[]): void {
  const codes = clients.map(({ closes }) => closes[0]?.code);
  const told = codes.filter((code) => code === closeCodes.restarting);
  expect(told.length).toBeGreaterThan(CLIENTS / 2);
  expect(new Set(codes)).toSatisfy((kinds: Set<number>) =>
    [...kinds].every((code) => code === closeCodes.restarting || code === ABNORMAL),
  );
}

/** A socket that says this and then nothing any more, nor reads what it is told. */
async function halfOpen(url: string, words: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  // The server goes away while this still stands.
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.pause();
  if (words !== '') await new Promise<void>((resolve) => socket.write(words, () => resolve()));
  return socket;
}

const request = (url: string, lines: string[], body = '') =>
  `${[...lines, `Host: ${new URL(url).host}`, '', ''].join('\r\n')}${body}`;

async function makeTrouble(url: string): Promise<void> {
  const upgrade = request(url, [
    'GET /sync HTTP/1.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]);
  const upload = request(
    url,
    ['POST /shop.sqlite3/import HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 100000'],
    '{"books":[',
  );
  for (const words of ['', 'GET /hea', upgrade, upload]) {
    for (let times = 0; times < 5; times += 1) await halfOpen(url, words);
  }
}

test('asked to stop, it tells 50 clients to come back, closes the files and ends well', async () => {
  const dataDir = await temporaryFolder();
  const server = await startProcess({ DATA_DIR: dataDir });
  const clients = await connectAll(server);
  const began = performance.now();
  server.child.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0 });
  expect(performance.now() - began).toBeLessThan(STOP_LIMIT_MS);
  await Promise.all(clients.map((client) => client.until('the end', () => client.closes.length > 0)));
  expectToldToComeBack(clients);
  expect(existsSync(join(dataDir, 'shop.sqlite3-lock'))).toBe(false);
});

test('half-open sockets, unfinished uploads and a database that computes for ever do not keep it', async () => {
  const dataDir = await temporaryFolder();
  const server = await startProcess({ DATA_DIR: dataDir });
  const clients = await connectAll(server);
  await makeTrouble(server.url);
  const forever = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
  // What becomes of it is not the question here: it may be answered, or cut off.
  const computing = exec(server, forever).catch(() => undefined);
  for (const client of clients)
    await client.until('the database answers nobody', () => client.state.status !== 'synced');
  const began = performance.now();
  server.child.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0 });
  expect(performance.now() - began).toBeLessThan(STOP_LIMIT_MS);
  await computing;
  await Promise.all(clients.map((client) => client.until('the end', () => client.closes.length > 0)));
  expectToldToComeBack(clients);

  // Nothing is left that the next one would stumble over.
  const next = await startProcess({ DATA_DIR: dataDir, PORT: new URL(server.url).port });
  await Promise.all(clients.map((client) => client.synced()));
  expect((await exec(next, 'SELECT count(*) AS books FROM book')).body).toEqual({ rows: [{ books: 0 }] });
});

test('a rolling restart with 50 clients: all are green again by themselves, with what they wrote meanwhile', async () => {
  const dataDir = await temporaryFolder();
  let server = await startProcess({ DATA_DIR: dataDir });
  const environment = { DATA_DIR: dataDir, PORT: new URL(server.url).port };
  const clients = await connectAll(server);
  const seen = clients.map((client) => client.watchStates());
  for (let round = 0; round < 2; round += 1) {
    server.child.kill('SIGTERM');
    clients.forEach((client, at) =>
      client.write('INSERT INTO book (isbn, title) VALUES (?, ?)', `${round}-${at}`, 'Title'),
    );
    await server.ended;
    server = await startProcess(environment);
    const everything = (round + 1) * CLIENTS;
    await Promise.all(
      clients.map(async (client) => {
        await client.until(
          'everything',
          () => client.rows('SELECT count(*) AS books FROM book')[0]?.['books'] === everything,
        );
        await client.synced();
      }),
    );
  }
  for (const states of seen) expect(states).not.toContain('incompatible');
});
