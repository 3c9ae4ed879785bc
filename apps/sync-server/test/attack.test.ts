import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeFrame } from '@octavo/protocol/frame.ts';
import { goldenFrames } from '@octavo/protocol/golden-frames.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { attackers, type Credentials, makeCredentials, OTHER, TARGET } from './attack/credentials.ts';
import { type Endpoint, endpoints, foreignEndpoints, type Needed, send } from './attack/endpoints.ts';
import { helloOf, RawClient } from './attack/raw-client.ts';
import { type ServerProcess, spawnServer } from './processes.ts';
import { rawRequest } from './raw-get.ts';

/** One that asks for tokens, one that does not; both run SQL for whoever may. */
let guarded: ServerProcess;
let open: ServerProcess;
let dataDir: string;
let credentials: Credentials;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'octavo attack-'));
  const openDir = await mkdtemp(join(tmpdir(), 'octavo attack-'));
  credentials = await makeCredentials(dataDir);
  // Guesses are limited by address, and everybody here has one.
  const settings = { OCTAVO_AUTH: 'tokens', OCTAVO_FAILED_ATTEMPTS: '100000' };
  [guarded, open] = await Promise.all([
    spawnServer({ DATA_DIR: dataDir, ...settings }),
    spawnServer({ DATA_DIR: openDir }),
  ]);
  const seed = { sql: "INSERT INTO book (isbn, title) VALUES ('9780140328721', 'Fantastic Mr Fox')" };
  for (const { url } of [guarded, open]) {
    const exec: Endpoint = { method: 'POST', path: `/${TARGET}/exec`, needed: 'admin', body: seed };
    expect((await send(url, exec, bearer('admin'))).status).toBe(200);
  }
  return async () => {
    for (const { child } of [guarded, open]) child.kill('SIGKILL');
    await Promise.all([guarded.ended, open.ended]);
    await rm(dataDir, { recursive: true });
    await rm(openDir, { recursive: true });
  };
});

type Attacker = (typeof attackers)[number];
const strangers: readonly Attacker[] = ['nobody', 'forged', 'unsigned', 'garbage', 'expired', 'revoked'];

/** What each endpoint grants, and to whom. */
const granted: Record<Needed, readonly Attacker[]> = {
  anybody: attackers,
  reader: ['reader', 'member', 'admin'],
  member: ['member', 'admin'],
  admin: ['admin'],
  'server-reader': ['admin'],
  access: ['admin'],
  // Not even whoever looks after the server from afar: the command line only, with the key in the data folder.
  files: [],
};

function bearer(attacker: Attacker): Record<string, string> {
  const token = credentials[attacker];
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

describe.each(attackers.map((attacker) => ({ attacker })))('as $attacker, over HTTP', ({ attacker }) => {
  test.each(endpoints.map((endpoint) => ({ ...endpoint })))('$method $path', async (endpoint) => {
    // Who may destroy does it where nobody looks afterwards.
    const aside =
      attacker === 'admin' && endpoint.path === `/${TARGET}/reset` ? { path: '/aside.db/reset' } : {};
    const response = await send(guarded.url, { ...endpoint, ...aside }, bearer(attacker));
    const refused = response.headers.get('www-authenticate') !== null || response.status === 403;
    if (granted[endpoint.needed].includes(attacker)) {
      expect({ status: response.status, refused }).toMatchObject({ refused: false });
      return;
    }
    expect(response.status).toBe(strangers.includes(attacker) ? 401 : 403);
    if (endpoint.method === 'HEAD') return;
    const error = strangers.includes(attacker) ? 'unauthorized' : 'forbidden';
    expect(await bodyOf(response)).toEqual({ error, message: expect.any(String) as unknown });
  });
});

test('who is not for a database does not even learn whether it exists', async () => {
  for (const attacker of attackers.filter((one) => one !== 'admin')) {
    for (const endpoint of foreignEndpoints) {
      const { status } = await send(guarded.url, endpoint, bearer(attacker));
      expect([attacker, endpoint.path, status]).toEqual([
        attacker,
        endpoint.path,
        strangers.includes(attacker) ? 401 : 403,
      ]);
    }
  }
  expect(await readdir(dataDir)).not.toContain(foreignEndpoints[0]?.path.split('/')[1]);
});

describe('over the WebSocket', () => {
  const said: Record<Attacker, string> = {
    nobody: 'unauthorized',
    forged: 'unauthorized',
    unsigned: 'unauthorized',
    garbage: 'unauthorized',
    expired: 'unauthorized',
    revoked: 'unauthorized',
    'other-database': 'forbidden',
    reader: 'may read',
    member: 'may write',
    admin: 'may write',
  };

  async function handshake(
    attacker: Attacker,
    where: 'hello' | 'header',
    database = TARGET,
  ): Promise<string> {
    const client = new RawClient(guarded.url, where === 'header' ? { headers: bearer(attacker) } : {});
    await client.opened();
    client.say(helloOf({ database, token: where === 'hello' ? credentials[attacker] : undefined }));
    const answer = await Promise.race([client.next('welcome'), client.next('refuse')]);
    client.socket.terminate();
    if (typeof answer === 'string') return answer;
    return answer.type === 'refuse' ? answer.reason : answer.mayWrite ? 'may write' : 'may read';
  }

  test.each(attackers.map((attacker) => ({ attacker })))(
    'the handshake of $attacker',
    async ({ attacker }) => {
      expect(await handshake(attacker, 'hello')).toBe(said[attacker]);
      expect(await handshake(attacker, 'header')).toBe(said[attacker]);
    },
  );

  test('nobody but an admin begins a database by naming it', async () => {
    expect(await handshake('member', 'hello', 'new.sqlite3')).toBe('forbidden');
    expect(await handshake('other-database', 'hello', OTHER)).toBe('may write');
    expect(await readdir(dataDir)).not.toContain('new.sqlite3');
  });

  test.each(['../../etc/passwd.db', `x'; DROP TABLE book; --.sqlite3`, '', 'a'.repeat(200)])(
    'a database called %j',
    async (database) => {
      expect(await handshake('admin', 'hello', database)).toBe('bad-database-name');
    },
  );

  /** Every message there is, of both directions. */
  const messages = goldenFrames.map(({ message }) => ({ type: message.type, frame: encodeFrame(message) }));

  test.each(messages)('"$type" as the first message of a stranger', async ({ type, frame }) => {
    const client = new RawClient(guarded.url);
    await client.opened();
    client.say(frame);
    // A hello is answered; nothing else is.
    expect(await client.ended).toBe(type === 'hello' ? 'refused' : 'unexpected');
    expect(client.received.map((message) => message.type)).toEqual(type === 'hello' ? ['refuse'] : []);
  });

  const ends: Record<string, string> = { batch: 'read-only', ping: 'goes on' };

  test.each(messages)('"$type" of a reader after the welcome', async ({ type, frame }) => {
    const client = new RawClient(guarded.url);
    await client.opened();
    client.say(helloOf({ token: credentials.reader }));
    await client.next('welcome');
    client.say(frame);
    const end = type === 'ping' ? client.next('pong').then(() => 'goes on') : client.ended;
    expect(await end).toBe(ends[type] ?? 'unexpected');
    client.socket.terminate();
  });

  test('a text, an empty frame, and one that is compressed before anything was agreed on', async () => {
    const ended = async (data: string | Uint8Array) => {
      const client = new RawClient(guarded.url);
      await client.opened();
      client.socket.send(data);
      return client.ended;
    };
    expect(await ended('hello')).toBe('malformed');
    expect(await ended(new Uint8Array())).toBe('malformed');
    expect(await ended(Uint8Array.of(10, 0x80, 0x80, 0x80, 2, 1, 2, 3))).toBe('malformed');
    expect(await ended(new Uint8Array(100_000))).toBe('too-large');
  });
});

describe('from a page of somebody else', () => {
  const pages: [string, Record<string, string>][] = [
    ['of another origin', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['of another origin, in a browser that says no more', { origin: 'https://evil.example' }],
    ['in a sandbox', { origin: 'null' }],
    ['as an image or a link', { 'sec-fetch-site': 'cross-site' }],
    ['under another port of this machine', { origin: 'http://127.0.0.1:9', 'sec-fetch-site': 'same-site' }],
    ['under a name that was rebound to this machine', { host: 'evil.example' }],
    ['under a rebound name, as its own', { host: 'evil.example', origin: 'http://evil.example' }],
  ];

  test.each(pages)('%s: no endpoint', async (_what, headers) => {
    for (const endpoint of endpoints.filter(({ needed }) => needed !== 'anybody')) {
      for (const server of [open, guarded]) {
        const shown = server === guarded ? bearer('admin') : {};
        const { status, body } = await rawRequest(server.url, endpoint, { ...shown, ...headers });
        const error = 'host' in headers ? 'host-not-allowed' : 'origin-not-allowed';
        expect([endpoint.path, status]).toEqual([endpoint.path, 403]);
        if (endpoint.method !== 'HEAD') expect(body).toMatchObject({ error });
      }
    }
  });

  test.each(pages)('%s: no WebSocket', async (_what, headers) => {
    for (const { url } of [open, guarded])
      expect(await new RawClient(url, { headers }).ended).toBe('HTTP 403');
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'a form that posts %s is not read, from wherever it comes',
    async (type) => {
      const body = JSON.stringify({ sql: 'DELETE FROM book' });
      const answer = await fetch(`${open.url}/${TARGET}/exec`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      expect(answer.status).toBe(415);
    },
  );

  test('a preflight of an origin that is not allowed grants nothing', async () => {
    const answer = await fetch(`${open.url}/${TARGET}/exec`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('paths', () => {
  test.each([
    '/../../../../etc/passwd',
    '/..%2f..%2f..%2fetc%2fpasswd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/auth/secret',
    '/auth%2fsecret/file',
    '/auth%2ftokens.json/meta',
    '/..%2fauth%2fsecret.db/file',
    '/server.json',
    '/trash/',
    '/shop.sqlite3',
    '/shop.sqlite3%00.db/file',
    '/shop.sqlite3%2f..%2fother.db/file',
    `/x';DROP%20TABLE%20book;--.sqlite3/file`,
    '/%ff%fe.sqlite3/meta',
    `/${'a'.repeat(5_000)}.sqlite3/meta`,
    '//evil.example/%2e%2e',
  ])('%s leads nowhere, for whom everything is allowed', async (path) => {
    const { status, body } = await rawRequest(guarded.url, { method: 'GET', path }, bearer('admin'));
    expect([400, 403, 404, 414]).toContain(status);
    expect(body).toMatchObject({ error: expect.any(String) as unknown });
  });
});

describe('what is too much', () => {
  test('a body', async () => {
    const body = { sql: 'x'.repeat(3 * 1024 * 1024) };
    const exec: Endpoint = { method: 'POST', path: `/${TARGET}/exec`, needed: 'admin', body };
    const answer = await send(guarded.url, exec, bearer('admin'));
    expect([answer.status, await bodyOf(answer)]).toMatchObject([413, { error: 'body-too-large' }]);
  });

  test('headers', async () => {
    const headers = { ...bearer('admin'), 'x-much': 'x'.repeat(100_000) };
    const answer = await rawRequest(guarded.url, { method: 'GET', path: `/${TARGET}/meta` }, headers);
    expect(answer).toMatchObject({ status: 431, body: { error: 'headers-too-large' } });
  });

  test('a message of an admin', async () => {
    const client = new RawClient(guarded.url);
    await client.opened();
    client.say(helloOf({ token: credentials.admin }));
    await client.next('welcome');
    client.say(new Uint8Array(5 * 1024 * 1024));
    expect(await client.ended).toBe('too-large');
  });
});

test('nothing of all that has changed anything', async () => {
  const count =
    'SELECT (SELECT count(*) FROM book) AS books, (SELECT count(*) FROM octavo_quarantine) AS aside';
  const look: Endpoint = { method: 'POST', path: `/${TARGET}/exec`, needed: 'admin', body: { sql: count } };
  for (const { url } of [guarded, open])
    expect(await bodyOf(await send(url, look, bearer('admin')))).toEqual({ rows: [{ books: 1, aside: 0 }] });
  const files = (await readdir(dataDir)).filter((name) => name.endsWith('.sqlite3'));
  expect(files.sort()).toEqual([OTHER, TARGET].sort());
});
