import { describe, expect, test } from 'vitest';
import { NodeClient } from './node-client.ts';
import { ask, exec, post, shareServer, type TestShop } from './running-server.ts';

const devShop = shareServer();
const plainShop = shareServer({ dev: false });

const ISBN = '9780140328721';
const CLOSE = `CREATE TRIGGER closed BEFORE INSERT ON book BEGIN SELECT RAISE(ABORT, 'closed'); END`;

const listOf = async (shop: TestShop) => (await ask(`${shop.address}/quarantine`)).body;

/** A client whose new book the server's table refuses. */
async function refusedBook(): Promise<{ shop: TestShop; client: NodeClient; id: number }> {
  const shop = devShop();
  await exec(shop, CLOSE);
  const client = await NodeClient.connect(shop);
  await client.synced();
  client.write('INSERT INTO book (isbn) VALUES (?)', ISBN);
  await client.until('attention', () => client.state.attention > 0);
  const list = await listOf(shop);
  const { id } = (list as { changes: { id: number }[] }).changes[0] ?? { id: 0 };
  return { shop, client, id };
}

describe('GET /:db/quarantine', () => {
  test('lists what could not be applied: whose it is, what, and why', async () => {
    const { shop, client } = await refusedBook();
    const site = Buffer.from(client.replica.siteId).toString('hex');
    expect(await listOf(shop)).toMatchObject({
      changes: expect.arrayContaining([
        expect.objectContaining({
          id: expect.any(Number) as unknown,
          site,
          table: 'book',
          key: [ISBN],
          value: null,
          columnVersion: 1,
          causalLength: 1,
          reason: expect.stringContaining('does not take') as unknown,
        }),
      ]) as unknown,
    });
  });

  test('is empty where everything could be applied, and 404 where there is no database', async () => {
    expect(await listOf(devShop())).toEqual({ changes: [] });
    expect(await ask(`${plainShop().address}/quarantine`)).toMatchObject({
      status: 404,
      body: { error: 'unknown-database' },
    });
  });
});

describe('DELETE /:db/quarantine/:id', () => {
  test("gives a change up, and its author's light hears of it", async () => {
    const { shop, client } = await refusedBook();
    const { changes } = (await listOf(shop)) as { changes: { id: number }[] };
    for (const { id } of changes)
      expect(await ask(`${shop.address}/quarantine/${id}`, { method: 'DELETE' })).toMatchObject({
        status: 200,
        body: { ok: true },
      });
    await client.until('no attention', () => client.state.attention === 0);
    expect(await listOf(shop)).toEqual({ changes: [] });
  });

  test('says so when there is no such change', async () => {
    const shop = devShop();
    for (const id of ['1', 'x', '99999999999999999'])
      expect(await ask(`${shop.address}/quarantine/${id}`, { method: 'DELETE' })).toMatchObject({
        status: 404,
        body: { error: 'unknown-change' },
      });
  });

  test('is for nobody from another origin', async () => {
    const { shop, id } = await refusedBook();
    const headers = { origin: 'http://evil.example' };
    expect((await ask(`${shop.address}/quarantine/${id}`, { method: 'DELETE', headers })).status).toBe(403);
    expect((await post(`${shop.address}/quarantine/${id}/retry`, {}, headers)).status).toBe(403);
  });
});

describe('POST /:db/quarantine/:id/retry', () => {
  test('answers 409 with the reason while the change still cannot be applied', async () => {
    const { shop, id } = await refusedBook();
    expect(await ask(`${shop.address}/quarantine/${id}/retry`, { method: 'POST' })).toMatchObject({
      status: 409,
      body: { error: 'still-refused', message: expect.stringContaining('does not take') as unknown },
    });
    expect(await listOf(shop)).not.toEqual({ changes: [] });
  });

  test('applies it once it can be, for everybody', async () => {
    const { shop, client } = await refusedBook();
    await exec(shop, 'DROP TRIGGER closed');
    const { changes } = (await listOf(shop)) as { changes: { id: number }[] };
    for (const { id } of changes)
      expect((await ask(`${shop.address}/quarantine/${id}/retry`, { method: 'POST' })).status).toBe(200);
    await client.until('no attention', () => client.state.attention === 0);
    expect((await exec(shop, 'SELECT isbn FROM book')).body).toEqual({ rows: [{ isbn: ISBN }] });
    const other = await NodeClient.connect(shop);
    await other.until('the book', () => other.rows('SELECT isbn FROM book').length === 1);
  });
});
