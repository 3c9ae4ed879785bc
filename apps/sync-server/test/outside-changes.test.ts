import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closeCodes } from '@octavo/protocol/close-codes.ts';
import { describe, expect, test } from 'vitest';
import { NodeClient } from './node-client.ts';
import { octavo } from './octavo.ts';
import { startProcess } from './processes.ts';
import { ask, exec, runServer } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ISBN = '9780140328721';

async function startShop(name?: string) {
  const server = await runServer();
  return { server, ...(await shopOf({ url: server.url, dataDir: server.config.dataDir }, name)) };
}

/** With a server that can be killed, and does its work while the test does something to the file. */
async function startShopApart() {
  const dataDir = await temporaryFolder();
  const server = await startProcess({ DATA_DIR: dataDir });
  return { server, ...(await shopOf({ url: server.url, dataDir })) };
}

async function shopOf({ url, dataDir }: { url: string; dataDir: string }, database = 'shop.sqlite3') {
  const client = await NodeClient.connect({ url, database });
  await client.synced();
  return { dataDir, path: join(dataDir, database), client, url, database };
}

const addBook = (client: NodeClient, isbn: string) =>
  client.write('INSERT INTO book (isbn, title) VALUES (?, ?)', isbn, 'Title');

const isbnsAt = async (shop: { url: string; database: string }) => {
  const { body } = await exec(shop, 'SELECT isbn FROM book ORDER BY isbn');
  return (body as { rows: { isbn: string }[] }).rows.map(({ isbn }) => isbn);
};

const health = async (url: string) => (await ask(`${url}/health`)).status;

describe('what is changed outside of every connection reaches the connected clients', () => {
  test.each(['shop.sqlite3', 'branch.sqlite', 'attic.db'])('in %s', async (name) => {
    const { client, dataDir, ...shop } = await startShop(name);
    await exec(shop, 'INSERT INTO book (isbn, title) VALUES (?, ?)', [ISBN, 'Fantastic Mr Fox']);
    await client.until('the statement', () => client.rows('SELECT * FROM book').length === 1);

    const list = join(await temporaryFolder(), 'list.csv');
    await writeFile(list, 'isbn,title\n9780141365374,The Giraffe and the Pelly and Me\n');
    const imported = await octavo(['import', list, '--data-dir', dataDir, '--db', name]);
    expect(imported).toMatchObject({ code: 0 });
    await client.until('the import', () => client.rows('SELECT * FROM book').length === 2);
    expect(client.closes).toEqual([]);
  });
});

describe('a file that is replaced while it is open', () => {
  test('is opened at once; clients come back by themselves and return what the other file lacks', async () => {
    const { client, path, server, ...shop } = await startShopApart();
    addBook(client, '1');
    await client.synced();
    // Nothing is written meanwhile, so a copy is whole.
    await copyFile(path, `${path}.copy`);
    addBook(client, '2');
    await client.synced();
    expect(await isbnsAt(shop)).toEqual(['1', '2']);

    await rename(`${path}.copy`, path);
    await client.until('being told', () => client.closes.length > 0);
    expect(client.closes[0]?.code).toBe(closeCodes.restarting);
    await client.synced();
    expect(await isbnsAt(shop)).toEqual(['1', '2']);
    addBook(client, '3');
    await client.synced();
    expect(await health(server.url)).toBe(200);

    // What is acknowledged now is in the file that lies there, not in the one that was.
    server.child.kill('SIGKILL');
    await server.ended;
    const next = await startProcess({ DATA_DIR: join(path, '..') });
    expect(await isbnsAt({ ...next, database: shop.database })).toEqual(['1', '2', '3']);
  });

  test('by that of another shop makes its clients incompatible, and keeps what they have', async () => {
    const { client, path } = await startShop();
    addBook(client, '1');
    await client.synced();
    const other = await startShop();
    await other.server.close();
    await rename(other.path, path);
    await client.until('incompatible', () => client.state.status === 'incompatible');
    expect(client.rows('SELECT isbn FROM book')).toEqual([{ isbn: '1' }]);
  });

  test('never takes an answer with it: what is answered is in the file that lies there', async () => {
    const { client, path, ...shop } = await startShopApart();
    client.close();
    const empty = await readFile(path);
    let answered = 0;
    for (let round = 0; round < 30; round += 1) {
      await writeFile(`${path}.next`, empty);
      const [{ status }] = await Promise.all([
        exec(shop, 'INSERT INTO book (isbn) VALUES (?)', [`before-${round}`]),
        rename(`${path}.next`, path),
      ]);
      const after = await exec(shop, 'INSERT INTO book (isbn) VALUES (?)', [`after-${round}`]);
      expect([200, 503]).toContain(status);
      expect([200, 503]).toContain(after.status);
      if (after.status !== 200) continue;
      answered += 1;
      expect(await isbnsAt(shop)).toContain(`after-${round}`);
    }
    // Otherwise nothing was looked at.
    await expect.poll(async () => (await exec(shop, 'SELECT 1')).status).toBe(200);
    expect(answered).toBeGreaterThan(0);
  });
});

describe('a file that somebody else changes while it is open is out of service, and says so', () => {
  test('when it is written over; another file in its place is served again', async () => {
    const { client, path, ...shop } = await startShop();
    addBook(client, '1');
    await client.synced();
    const sound = await readFile(path);
    const elsewhere = await NodeClient.connect({ ...shop, database: 'elsewhere.db' });
    await elsewhere.synced();

    // The same bytes: what lies there may be sound, but what this process would write next is not what is there.
    await writeFile(path, sound);
    await client.until('stuck', () => client.state.status === 'stuck');
    const words = expect.stringContaining('Something else wrote into the file') as unknown;
    expect(client.state).toMatchObject({ diagnostics: { lastFailure: words } });
    addBook(client, '2');
    expect(await ask(`${shop.url}/health`)).toMatchObject({
      status: 503,
      body: {
        checks: expect.arrayContaining([
          { name: 'database shop.sqlite3', ok: false, detail: words },
        ]) as unknown,
      },
    });
    const metrics = await (await fetch(`${shop.url}/metrics`)).text();
    expect(metrics).toContain('octavo_databases_out_of_service{database="shop.sqlite3"} 1');
    expect(metrics).toContain('octavo_databases_closed_total{cause="overwritten"} 1');
    expect(await exec(shop, 'SELECT 1')).toMatchObject({
      status: 503,
      body: { error: 'database-out-of-service', message: words },
    });
    addBook(elsewhere, '1');
    await elsewhere.synced();

    await writeFile(`${path}.sound`, sound);
    await rename(`${path}.sound`, path);
    await client.synced();
    expect(await isbnsAt(shop)).toEqual(['1', '2']);
    expect(await health(shop.url)).toBe(200);
  });

  test('when it is taken away: no client begins an empty shop in its place', async () => {
    const { client, path, ...shop } = await startShop();
    addBook(client, '1');
    await client.synced();
    const kept = await readFile(path);
    await rm(path);
    await client.until('stuck', () => client.state.status === 'stuck');
    expect(await exec(shop, 'SELECT 1')).toMatchObject({ status: 503 });
    addBook(client, '2');

    await writeFile(`${path}.kept`, kept);
    await rename(`${path}.kept`, path);
    await client.synced();
    expect(await isbnsAt(shop)).toEqual(['1', '2']);
  });
});
