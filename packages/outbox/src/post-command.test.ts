import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { testCommand } from '../test/test-command.ts';
import { postCommand } from './post-command.ts';

const command = testCommand(1, { baseVersion: 'v', after: { siteId: 'f'.repeat(32), dbVersion: 7 } });
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function addressOf(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  stops.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.listen(0, '127.0.0.1', () => resolve(undefined));
  await promise;
  // A server that listens on TCP has such an address.
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/shop.sqlite3/commands`);
}

const answering = (status: number, body: string, headers = {}) =>
  addressOf((_request, response) => response.writeHead(status, headers).end(body));

const post = (address: URL, deadline?: () => AbortSignal) =>
  postCommand(command, { fetch, address, token: 's3cret', attempt: 2, ...(deadline && { deadline }) });

it('sends the command as it was made, with the credentials of now and never in the address', async () => {
  const seen: { request: IncomingMessage; body: string }[] = [];
  const address = await addressOf((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      seen.push({ request, body });
      response.end(JSON.stringify({ id: command.id, result: { number: 1 } }));
    });
  });
  expect(await post(address)).toMatchObject({ kind: 'done', result: { number: 1 } });
  const [{ request, body } = { request: undefined, body: '' }] = seen;
  expect(request?.url).toBe('/shop.sqlite3/commands');
  expect(request?.headers).toMatchObject({ authorization: 'Bearer s3cret', 'octavo-attempt': '2' });
  const { id, type, payload, baseVersion, after, destination } = command;
  expect(JSON.parse(body)).toEqual({ id, type, payload, baseVersion, after, lineage: destination.lineage });
});

it('takes a page of a proxy for no answer of the server, whatever its status', async () => {
  for (const status of [200, 404, 422, 502]) {
    const answer = await post(await answering(status, '<html>Welcome to the hotel</html>'));
    expect(answer).toMatchObject({ kind: 'later', error: '', status });
  }
});

it('follows nobody who sends it elsewhere', async () => {
  const elsewhere = await answering(200, JSON.stringify({ id: command.id, result: {} }));
  expect(await post(await answering(307, '', { location: elsewhere.href }))).toEqual({
    kind: 'no-answer',
    cause: 'unreachable',
  });
});

it('says how long the server wants to be left alone', async () => {
  const body = JSON.stringify({ error: 'too-many', message: 'Too many.' });
  const answer = await post(await answering(429, body, { 'retry-after': '120' }));
  expect(answer).toMatchObject({ kind: 'later', status: 429, retryAfter: 120_000 });
});

it('says that nobody is there, or that no answer has come in time', async () => {
  const address = await addressOf((request) => request.socket.destroy());
  expect(await post(address)).toEqual({ kind: 'no-answer', cause: 'unreachable' });
  const late = new AbortController();
  const silent = await addressOf(() => late.abort(new DOMException('Late.', 'TimeoutError')));
  expect(await post(silent, () => late.signal)).toEqual({ kind: 'no-answer', cause: 'timeout' });
});
