import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Role } from '../src/auth/roles.ts';
import { Tokens } from '../src/auth/tokens.ts';
import { readConfig } from '../src/config.ts';
import { NodeClient } from './node-client.ts';
import { octavo } from './octavo.ts';
import { octavoProcess, startProcess } from './processes.ts';
import { ask, post, runServer } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const { limits } = readConfig({}, []);
const ISBN = '9780140328721';

/** A server that asks for tokens, with one of each kind. */
async function guardedServer(changes: Parameters<typeof runServer>[0] = {}, lifetimeMs = 60 * 60_000) {
  const dataDir = await temporaryFolder();
  const tokens = await Tokens.load(dataDir);
  const make = async (role: Role, databases = ['*'], expiresAt = Date.now() + lifetimeMs) =>
    tokens.create({ name: role, role, databases, expiresAt });
  const [admin, member, reader] = [await make('admin'), await make('member'), await make('reader')];
  const server = await runServer({ dataDir, auth: 'tokens', ...changes });
  return { server, url: server.url, dataDir, admin, member, reader };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('the first administrator', () => {
  test('signs in with the link that is printed at the start: once, and only until there is one', async () => {
    const dataDir = await temporaryFolder();
    const server = await runServer({ dataDir, auth: 'tokens' });
    const code = new URL(server.signInUrl ?? '').hash.replace('#code=', '');
    const first = await post(`${server.url}/api/sign-in`, { code });
    expect(first).toMatchObject({ status: 201, body: { record: { role: 'admin', databases: ['*'] } } });
    const { token } = first.body as { token: string };
    const tokens = await ask(`${server.url}/api/tokens`, { headers: bearer(token) });
    expect(tokens).toMatchObject({ status: 200, body: { tokens: [{ name: 'first administrator' }] } });
    expect(await post(`${server.url}/api/sign-in`, { code })).toMatchObject({
      status: 401,
      body: { error: 'bad-code' },
    });
    await server.close();
    expect((await runServer({ dataDir, auth: 'tokens' })).signInUrl).toBeUndefined();
  });

  test('finds the link behind the line with the address', async () => {
    const server = await startProcess({ DATA_DIR: await temporaryFolder(), OCTAVO_AUTH: 'tokens' });
    server.child.kill('SIGTERM');
    const { stdout, stderr } = await server.ended;
    expect(stdout).toMatch(/^Octavo is ready at http:\S+\n.* http:\S+\/#code=\S+\n$/);
    expect(stderr).not.toContain('code=');
  });
});

describe('a token', () => {
  test('lets its client sync', async () => {
    const { url, member, reader } = await guardedServer();
    const till = await NodeClient.connect({ url, token: member.token });
    till.write('INSERT INTO book (isbn) VALUES (?)', ISBN);
    await till.synced();
    const display = await NodeClient.connect({ url, token: reader.token });
    await display.until('the book', () => display.rows('SELECT 1 FROM book').length === 1);
    await display.synced();
  });

  test('that may only read: what is written there stays there, and says so', async () => {
    const { url, reader } = await guardedServer();
    const display = await NodeClient.connect({ url, token: reader.token });
    await display.synced();
    display.write('INSERT INTO book (isbn) VALUES (?)', ISBN);
    expect(display.state).toMatchObject({ status: 'incompatible', reason: 'read-only', pending: 1 });
    expect(display.closes).toEqual([]);
  });

  test('that is missing is asked for in words', async () => {
    const { url } = await guardedServer();
    const stranger = await NodeClient.connect({ url });
    await stranger.until('the refusal', () => stranger.state.status === 'incompatible');
    expect(stranger.state).toMatchObject({
      reason: 'unauthorized',
      message: expect.stringContaining('token is needed') as unknown,
    });
  });

  test('that is revoked ends its connections at once', async () => {
    const { url, admin, member } = await guardedServer();
    const till = await NodeClient.connect({ url, token: member.token });
    await till.synced();
    const answer = await ask(`${url}/api/tokens/${member.record.id}`, {
      method: 'DELETE',
      headers: bearer(admin.token),
    });
    expect(answer).toMatchObject({
      status: 200,
      body: { record: { revokedAt: expect.any(Number) as unknown } },
    });
    await till.until('the end', () => till.state.status === 'incompatible');
    expect(till.state).toMatchObject({ reason: 'unauthorized' });
    expect(till.closes[0]).toEqual({ code: 4002, reason: 'The token has been revoked.' });
    expect((await ask(`${url}/shop.sqlite3/meta`, { headers: bearer(member.token) })).status).toBe(401);
  });

  test('that expires ends its connections too', async () => {
    const { url, member } = await guardedServer();
    const till = await NodeClient.connect({ url, token: member.token });
    await till.synced();
    onTestFinished(() => void vi.useRealTimers());
    vi.useFakeTimers({ toFake: ['Date'], now: member.record.expiresAt });
    await till.until('the end', () => till.state.status === 'incompatible');
    expect(till.closes[0]).toEqual({ code: 4002, reason: 'The token has expired.' });
  });

  test('outlives a restart, and so does its revocation', async () => {
    const { server, dataDir, admin, member } = await guardedServer();
    await ask(`${server.url}/api/tokens/${member.record.id}`, {
      method: 'DELETE',
      headers: bearer(admin.token),
    });
    await server.close();
    const { url } = await runServer({ dataDir, auth: 'tokens' });
    expect((await ask(`${url}/shop.sqlite3/meta`, { headers: bearer(admin.token) })).status).toBe(200);
    expect((await ask(`${url}/shop.sqlite3/meta`, { headers: bearer(member.token) })).status).toBe(401);
  });

  test('is stored nowhere, and what is stored belongs to one user', async () => {
    const { server, dataDir, admin } = await guardedServer();
    const paths = ['auth/secret', 'auth/tokens.json', 'server.json'].map((name) => join(dataDir, name));
    for (const path of paths) {
      expect((await stat(path)).mode & 0o077).toBe(0);
      expect(await readFile(path, 'utf8')).not.toContain(admin.token);
    }
    expect(server.url).toMatch(/^http/);
  });
});

describe('wrong tokens', () => {
  test('are heard so often, then the address has to wait; an old token of ours is no guess', async () => {
    const { url, member } = await guardedServer({}, 1);
    const limited = await guardedServer({ limits: { ...limits, failedAttempts: 3 } });
    const meta = (token: string, at = limited.url) =>
      ask(`${at}/shop.sqlite3/meta`, { headers: bearer(token) });
    for (let attempt = 0; attempt < 5; attempt += 1)
      expect(await meta(member.token, url)).toMatchObject({ status: 401, body: { error: 'unauthorized' } });
    for (let attempt = 0; attempt < 3; attempt += 1) expect((await meta('guess')).status).toBe(401);
    const refused = await meta('guess');
    expect(refused).toMatchObject({ status: 429, body: { error: 'too-many-attempts' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const till = await NodeClient.connect({ url: limited.url, token: limited.member.token });
    await till.until('a failure', () => till.closes.length > 0);
    expect(till.closes[0]?.reason).toContain('Too many wrong tokens');
  });
});

describe('limits', () => {
  test('connections of one address, and of one database', async () => {
    const few = await guardedServer({ limits: { ...limits, connectionsPerDatabase: 1 } });
    const first = await NodeClient.connect({ url: few.url, token: few.member.token });
    await first.synced();
    const second = await NodeClient.connect({ url: few.url, token: few.member.token });
    await second.until('a failure', () => second.closes.length > 0);
    expect(second.closes[0]).toEqual({
      code: 4002,
      reason: expect.stringContaining('Too many clients') as unknown,
    });
    first.close();
    await second.synced();

    const narrow = await guardedServer({ limits: { ...limits, connectionsPerAddress: 1 } });
    const only = await NodeClient.connect({ url: narrow.url, token: narrow.member.token });
    await only.synced();
    await expect(fetch(`${narrow.url}/health`)).rejects.toThrow();
  });

  test('a client that sends faster than it may is slowed down, not disconnected, and nothing is lost', async () => {
    const { url, admin, member } = await guardedServer({
      limits: { ...limits, changesPerSecond: 400 },
    });
    const till = await NodeClient.connect({ url, token: member.token });
    await till.synced();
    till.replica.write(() => {
      const insert = till.replica.database.prepare('INSERT INTO book (isbn) VALUES (?)');
      for (let number = 0; number < 600; number += 1) insert.run(String(number));
    });
    // Seven cells each: more than may come at once by five seconds.
    till.write('INSERT INTO book (isbn) VALUES (?)', ISBN);
    await till.synced();
    expect(till.closes).toEqual([]);
    const { body } = await post(
      `${url}/shop.sqlite3/exec`,
      { sql: 'SELECT count(*) AS books FROM book' },
      bearer(admin.token),
    );
    expect(body).toEqual({ rows: [{ books: 601 }] });
    const metrics = await (await fetch(`${url}/metrics`, { headers: bearer(admin.token) })).text();
    expect(metrics).toMatch(/octavo_limited_total\{limit="changes-per-second"\} [1-9]/);
    expect(metrics).toMatch(/octavo_changes_received_total\{database="shop.sqlite3"\} 4207/);
    expect(metrics).toMatch(/octavo_ack_seconds_count [1-9]/);
    expect(metrics).toMatch(/octavo_sessions\{state="attached"\} 1/);
    expect(metrics).toMatch(/octavo_database_bytes\{database="shop.sqlite3"\} \d{5}/);
    expect(metrics).toMatch(/octavo_quarantined_changes\{database="shop.sqlite3"\} 0/);
    expect(metrics).toMatch(/nodejs_eventloop_lag_p99_seconds/);
  });
});

describe('a page of an origin that is allowed', () => {
  const origin = 'https://shop.example';

  test('may ask and read', async () => {
    const { url, member } = await guardedServer({ allowedOrigins: [origin] });
    const preflight = await fetch(`${url}/shop.sqlite3/snapshot`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    const meta = await ask(`${url}/shop.sqlite3/meta`, { headers: { origin, ...bearer(member.token) } });
    expect(meta.status).toBe(200);
    expect(meta.headers.get('access-control-allow-origin')).toBe(origin);
    const refused = await ask(`${url}/shop.sqlite3/meta`, { headers: { origin } });
    expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
  });
});

test('every answer has its id and the headers that browsers heed, a refusal too', async () => {
  const { url } = await guardedServer();
  for (const path of ['/health', '/shop.sqlite3/meta', '/nothing.js']) {
    const { headers } = await ask(url + path);
    expect(headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});

describe('octavo token', () => {
  test('makes, lists and revokes, through the server and without it', async () => {
    const { server, dataDir } = await guardedServer();
    const run = (...args: string[]) => octavo(['--data-dir', dataDir, 'token', ...args]);
    const runProcess = (...args: string[]) => octavoProcess(['--data-dir', dataDir, 'token', ...args]);
    const made = await runProcess('create', 'till 2', '--role', 'reader', '--db', 'shop*', '--days', '1');
    expect(made).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`${server.url}/#token=`) as unknown,
    });
    const token = made.stdout.trim();
    const meta = () => ask(`${server.url}/shop.sqlite3/meta`, { headers: bearer(token) });
    expect((await meta()).status).toBe(200);
    const id = /^(\S+)\treader\tshop\*\t.*\ttill 2$/m.exec((await runProcess('list')).stdout)?.[1] ?? '';
    expect(await runProcess('revoke', id)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('revoked') as unknown,
    });
    expect((await meta()).status).toBe(401);
    expect(await run('revoke', 'x')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no token') as unknown,
    });

    await server.close();
    expect((await run('list')).stdout).toContain('revoked');
    expect((await run('create', 'offline')).stdout).toMatch(/^eyJ/);
    expect((await run('list')).stdout).toContain('offline');
    expect(await run('create', 'x', '--role', 'god')).toMatchObject({ code: 2 });
    expect(await run('create', 'x', '--db', '../x')).toMatchObject({ code: 2 });
  });

  test('does its other work too where tokens are asked for', async () => {
    const { dataDir } = await guardedServer();
    const { code, stdout } = await octavo(['--data-dir', dataDir, 'db', 'check', 'shop.sqlite3']);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is sound') as unknown,
    });
  });

  test('where no tokens are asked for, programs of others make none', async () => {
    const { url } = await runServer();
    expect((await ask(`${url}/api/tokens`)).status).toBe(403);
  });
});
