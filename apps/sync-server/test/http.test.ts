import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFile } from '@octavo/crsqlite/node.ts';
import { describe, expect, test } from 'vitest';
import { ask, exec, post, shareServer } from './running-server.ts';
import { rawGet } from './raw-get.ts';
import { temporaryFolder } from './temporary-folder.ts';

const devShop = shareServer();
const plainShop = shareServer({ dev: false });

describe('GET /:db/meta', () => {
  test('says who the database is and how far it stands', async () => {
    const shop = devShop();
    const { status, body } = await ask(`${shop.address}/meta`);
    expect(status).toBe(200);
    const hex = expect.stringMatching(/^[0-9a-f]{32}$/) as unknown;
    expect(body).toEqual({
      siteId: hex,
      lineage: hex,
      schemaName: 'octavo-shop',
      schemaVersion: expect.any(Number) as unknown,
      dbVersion: 0,
      epoch: hex,
      serverVersion: expect.any(String) as unknown,
    });
    await exec(shop, "INSERT INTO book (isbn, title) VALUES ('9780140328721', 'Fantastic Mr Fox')");
    expect((await ask(`${shop.address}/meta`)).body).toMatchObject({ dbVersion: 1 });
  });

  test('answers 404 for a database that does not exist, and makes none', async () => {
    const shop = plainShop();
    expect(await ask(`${shop.address}/meta`)).toMatchObject({
      status: 404,
      body: { error: 'unknown-database' },
    });
    expect(existsSync(join(shop.dataDir, shop.database))).toBe(false);
  });

  test('begins a database for whoever develops', async () => {
    const shop = devShop();
    expect((await ask(`${shop.address}/meta`)).status).toBe(200);
  });

  test('tells that a file is no database, and the others go on', async () => {
    const shop = devShop();
    await writeFile(join(shop.dataDir, shop.database), 'not a database at all, '.repeat(100));
    expect(await ask(`${shop.address}/meta`)).toMatchObject({
      status: 503,
      body: { error: 'database-corrupt' },
    });
    expect((await ask(`${shop.url}/shop.sqlite3/meta`)).status).toBe(200);
    expect((await ask(`${shop.url}/health`)).status).toBe(503);
    // Whoever puts it away is done with it.
    await rm(join(shop.dataDir, shop.database));
    await expect.poll(async () => (await ask(`${shop.url}/health`)).status, { timeout: 5_000 }).toBe(200);
  });
});

describe('names of databases', () => {
  test.each([
    '..%2F..%2Fetc%2Fpasswd.db',
    '%2Fetc%2Fpasswd.db',
    'shop.txt',
    '.db',
    'a%00.db',
    `${'n'.repeat(90)}.db`,
  ])('%s is refused with the rule', async (name) => {
    const shop = devShop();
    expect(await ask(`${shop.url}/${name}/meta`)).toMatchObject({
      status: 400,
      body: { error: 'bad-database-name', message: expect.stringContaining('.sqlite3') as unknown },
    });
  });
});

describe('POST /:db/exec', () => {
  test('answers rows as objects, and null for what returns nothing', async () => {
    const shop = devShop();
    const insert = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
    expect((await exec(shop, insert, ['9780140328721', 'Fantastic Mr Fox'])).body).toEqual({ rows: null });
    expect((await exec(shop, 'SELECT isbn, title FROM book')).body).toEqual({
      rows: [{ isbn: '9780140328721', title: 'Fantastic Mr Fox' }],
    });
    expect((await exec(shop, 'SELECT isbn FROM book WHERE 0')).body).toEqual({ rows: [] });
    expect(
      (await exec(shop, 'SELECT ? AS big, ? AS bytes', [{ $integer: '9007199254740993' }, { $blob: '00ff' }]))
        .body,
    ).toEqual({
      rows: [{ big: { $integer: '9007199254740993' }, bytes: { $blob: '00ff' } }],
    });
  });

  test('runs several statements as one', async () => {
    const shop = devShop();
    const good = "INSERT INTO book (isbn) VALUES ('a'); INSERT INTO book (isbn) VALUES ('b');";
    expect((await exec(shop, good)).body).toEqual({ rows: null });
    const halfGood = "INSERT INTO book (isbn) VALUES ('c'); INSERT INTO book (isbn) VALUES ('a');";
    expect((await exec(shop, halfGood)).status).toBe(400);
    expect((await exec(shop, 'SELECT isbn FROM book ORDER BY isbn')).body).toEqual({
      rows: [{ isbn: 'a' }, { isbn: 'b' }],
    });
  });

  test('tells SQL mistakes apart from everything else', async () => {
    const shop = devShop();
    expect(await exec(shop, 'SELEC')).toMatchObject({
      status: 400,
      body: {
        error: 'sql-error',
        isSQLiteError: true,
        code: 1,
        message: expect.stringContaining('syntax error') as unknown,
      },
    });
    await exec(shop, "INSERT INTO book (isbn) VALUES ('a')");
    // SQLITE_CONSTRAINT_PRIMARYKEY
    expect(await exec(shop, "INSERT INTO book (isbn) VALUES ('a')")).toMatchObject({
      status: 400,
      body: { code: 1555 },
    });
    expect(await exec(shop, 'SELECT ?', [])).toMatchObject({ status: 400, body: { isSQLiteError: true } });
    expect(await post(`${shop.address}/exec`, { query: 'SELECT 1' })).toMatchObject({
      status: 400,
      body: { error: 'invalid-input' },
    });
    // None of it cost the database anything.
    expect((await exec(shop, 'SELECT isbn FROM book')).body).toEqual({ rows: [{ isbn: 'a' }] });
  });

  test('is for development only', async () => {
    const shop = plainShop();
    expect(await exec(shop, 'SELECT 1')).toMatchObject({ status: 403, body: { error: 'dev-only' } });
    expect(await post(`${shop.address}/reset`, {})).toMatchObject({
      status: 403,
      body: { error: 'dev-only' },
    });
  });
});

describe('bodies', () => {
  const address = (shop: { address: string }) => `${shop.address}/exec`;

  test.each([
    ['text', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['nothing that says what it is', {}],
  ])('%s is not JSON: 415', async (_what, headers: Record<string, string>) => {
    const shop = devShop();
    const body = JSON.stringify({ sql: 'SELECT 1' });
    expect(await ask(address(shop), { method: 'POST', headers, body })).toMatchObject({
      status: 415,
      body: { error: 'unsupported-media-type' },
    });
  });

  test('what says it is JSON and is not: 400; what is too large: 413', async () => {
    const shop = devShop();
    const headers = { 'content-type': 'application/json' };
    expect(await ask(address(shop), { method: 'POST', headers, body: '{' })).toMatchObject({
      status: 400,
      body: { error: 'malformed-json' },
    });
    expect(
      await ask(address(shop), { method: 'POST', headers, body: ' '.repeat(3 * 1024 * 1024) }),
    ).toMatchObject({
      status: 413,
      body: { error: 'body-too-large' },
    });
  });
});

describe('POST /:db/reset', () => {
  test('begins an empty database with another identity and keeps the old file', async () => {
    const shop = devShop();
    await exec(shop, "INSERT INTO book (isbn, title) VALUES ('9780140328721', 'Fantastic Mr Fox')");
    const before = (await ask(`${shop.address}/meta`)).body as { siteId: string; lineage: string };
    const { status, body } = await ask(`${shop.address}/reset`, { method: 'POST' });
    expect(status).toBe(200);
    const after = (await ask(`${shop.address}/meta`)).body as { siteId: string; lineage: string };
    expect(body).toEqual({ ok: true, siteId: after.siteId, lineage: after.lineage });
    expect(after.siteId).not.toBe(before.siteId);
    expect(after.lineage).not.toBe(before.lineage);
    expect((await exec(shop, 'SELECT * FROM book')).body).toEqual({ rows: [] });

    const trash = join(shop.dataDir, 'trash');
    const [kept = ''] = (await readdir(trash)).filter((name) => name.endsWith(shop.database));
    const old = await openFile(join(trash, kept), { owner: 'a test' });
    expect(old.prepare('SELECT title FROM book').all()).toEqual([{ title: 'Fantastic Mr Fox' }]);
    old.close();
  });

  test('many at once leave one sound database', async () => {
    const shop = devShop();
    const resets = Array.from({ length: 5 }, () => ask(`${shop.address}/reset`, { method: 'POST' }));
    const writes = Array.from({ length: 5 }, (_, at) =>
      exec(shop, 'INSERT INTO book (isbn) VALUES (?)', [String(at)]),
    );
    expect((await Promise.all(resets)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    for (const { status } of await Promise.all(writes)) expect([200, 503]).toContain(status);
    expect((await ask(`${shop.address}/health?depth=full`)).body).toMatchObject({ ok: true });
  });
});

describe('GET /:db/file', () => {
  test('is the database as one sound file, and leaves nothing behind', async () => {
    const shop = devShop();
    await exec(shop, "INSERT INTO book (isbn, title) VALUES ('9780140328721', 'Fantastic Mr Fox')");
    const response = await fetch(`${shop.address}/file`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    const copy = join(await temporaryFolder(), 'copy.sqlite3');
    await writeFile(copy, bytes);
    const database = await openFile(copy, { owner: 'a test' });
    expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    expect(database.prepare('SELECT title FROM book').all()).toEqual([{ title: 'Fantastic Mr Fox' }]);
    database.close();
    await expect.poll(() => readdir(join(shop.dataDir, 'temporary'))).toEqual([]);
  });
});

describe('POST /:db/import', () => {
  const book = (isbn: string, title: string) => {
    return { isbn, title, authors: null, publisher: null, year: null, price: null, category: null };
  };

  test('takes recognised books, and the same ones again change nothing', async () => {
    const shop = plainShop();
    const books = [
      book('9780140328721', 'Fantastic Mr Fox'),
      book('9780747532699', 'The Philosopher’s Stone'),
    ];
    const address = `${shop.address}/import`;
    expect(await post(address, { books })).toMatchObject({
      status: 200,
      body: { added: 2, updated: 0, unchanged: 0 },
    });
    const { dbVersion } = (await ask(`${shop.address}/meta`)).body as { dbVersion: number };
    expect((await post(address, { books })).body).toEqual({ added: 0, updated: 0, unchanged: 2 });
    expect((await ask(`${shop.address}/meta`)).body).toMatchObject({ dbVersion });
  });

  test('refuses the whole of a request with one wrong book, and too many of them', async () => {
    const shop = devShop();
    const address = `${shop.address}/import`;
    const half = [book('9780140328721', 'Fantastic Mr Fox'), book('9780140328722', 'wrong check digit')];
    expect(await post(address, { books: half })).toMatchObject({
      status: 400,
      body: { error: 'invalid-input' },
    });
    const many = Array.from({ length: 501 }, () => book('9780140328721', 'x'));
    expect(await post(address, { books: many })).toMatchObject({
      status: 400,
      body: { error: 'invalid-input' },
    });
    expect(await post(address, null)).toMatchObject({ status: 400, body: { error: 'invalid-input' } });
    expect((await exec(shop, 'SELECT * FROM book')).body).toEqual({ rows: [] });
  });
});

describe('health', () => {
  test('of the server names its checks and opens nothing', async () => {
    const shop = devShop();
    const { status, body } = await ask(`${shop.url}/health`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ok: true,
      openDatabases: expect.arrayContaining(['shop.sqlite3']) as unknown,
    });
  });

  test('of a database: quick by default, every page on demand', async () => {
    const shop = devShop();
    await exec(shop, "INSERT INTO book (isbn) VALUES ('9780140328721')");
    const quick = (await ask(`${shop.address}/health`)).body as { checks: unknown[] };
    const full = (await ask(`${shop.address}/health?depth=full`)).body as { checks: unknown[] };
    expect(quick).toMatchObject({ ok: true });
    expect(full.checks).toContainEqual({ name: 'integrity_check', ok: true, detail: 'ok' });
    expect(full.checks).toContainEqual({ name: 'rows of book', ok: true, detail: '1' });
    expect((await ask(`${shop.address}/health?depth=deep`)).status).toBe(400);
  });

  test('of a database whose versions are gone is bad', async () => {
    const shop = devShop();
    await exec(shop, "INSERT INTO book (isbn) VALUES ('9780140328721')");
    await exec(shop, 'DELETE FROM book__crsql_pks');
    expect(await ask(`${shop.address}/health?depth=full`)).toMatchObject({
      status: 503,
      body: { ok: false },
    });
  });
});

describe('foreign pages', () => {
  test('a request under another host name is refused, whatever it asks for', async () => {
    const shop = devShop();
    for (const path of ['/', '/health', '/shop.sqlite3/meta']) {
      expect(await rawGet(shop.url, path, { host: 'evil.example' })).toMatchObject({
        status: 403,
        body: { error: 'host-not-allowed' },
      });
    }
  });

  test('a page of another origin changes nothing', async () => {
    const shop = devShop();
    const address = `${shop.address}/exec`;
    const body = { sql: "INSERT INTO book (isbn) VALUES ('a')" };
    expect(await post(address, body, { origin: 'https://evil.example' })).toMatchObject({
      status: 403,
      body: { error: 'origin-not-allowed' },
    });
    expect((await post(address, body, { origin: shop.url })).status).toBe(200);
  });

  test('every answer carries the policy', async () => {
    const shop = devShop();
    const { headers } = await ask(`${shop.address}/meta`);
    expect(headers.get('content-security-policy')).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
