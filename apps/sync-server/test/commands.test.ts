import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { Tokens } from '../src/auth/tokens.ts';
import { OrderDesk, SHOP_ROWS, stock, SUPPLIER, wishRow, writtenBy } from './commands/order-desk.ts';
import { NodeClient } from './node-client.ts';
import { exec, post, runServer, shareServer } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

vi.setConfig({ testTimeout: 30_000 });

// What waits for copies has tests of its own.
const withoutCopies = { cloud: { kind: 'off' } } as const;
const shop = shareServer(withoutCopies);
const rowsOf = ({ body }: { body: unknown }) => (body as { rows: Record<string, unknown>[] }).rows;

/** A database of its own, with wishes. */
async function desk(wishes = 1) {
  const server = shop();
  await stock(server, wishes);
  return { server, desk: await OrderDesk.at(server) };
}

describe('placing an order', () => {
  test('numbers without gaps, and everybody sees it', async () => {
    const { server, desk: till } = await desk(2);
    const other = await NodeClient.connect(server);
    const first = till.place();
    expect(await till.send(first)).toMatchObject({
      status: 200,
      body: { id: first.id, result: { supplierOrderId: first.id, number: 1, lines: 2, copies: 2 } },
    });
    await exec(server, wishRow());
    expect(await till.send(till.place())).toMatchObject({ status: 200, body: { result: { number: 2 } } });
    const orders = 'SELECT number FROM supplier_order ORDER BY number';
    await other.until('both orders', () => other.rows(orders).length === 2);
    expect(other.rows(orders)).toEqual([{ number: 1 }, { number: 2 }]);
    expect(other.rows('SELECT outcome FROM command_receipt')).toHaveLength(2);
  });

  test('sent again, or many times at once, is one order and one answer', async () => {
    const { server, desk: till } = await desk();
    const command = till.place();
    const answers = await Promise.all(Array.from({ length: 5 }, () => till.send(command)));
    const [answer] = answers.filter(({ status }) => status === 200);
    for (const { status, body } of answers) {
      if (status === 425) expect(body).toMatchObject({ error: 'in-progress' });
      else expect([status, body]).toEqual([200, answer?.body]);
    }
    await exec(server, wishRow());
    expect((await till.send(command)).body).toEqual(answer?.body);
    expect(rowsOf(await exec(server, 'SELECT id FROM supplier_order'))).toEqual([{ id: command.id }]);
  });

  test('waits until what its till had written has arrived', async () => {
    const { server, desk: till } = await desk(0);
    const offline = await NodeClient.connect({ url: 'http://127.0.0.1:9', database: server.database });
    offline.write(wishRow(3));
    const command = till.place({ after: writtenBy(offline) });
    const early = await till.send(command);
    expect(early).toMatchObject({ status: 425, body: { error: 'not-yet' } });
    expect(early.headers.get('retry-after')).toBe('1');
    expect(rowsOf(await exec(server, 'SELECT id FROM command_receipt'))).toEqual([]);
    offline.moveTo(server);
    await offline.synced();
    expect(await till.send(command)).toMatchObject({ status: 200, body: { result: { copies: 3 } } });
  });

  test('of what has changed is a conflict with what is now, for good', async () => {
    const { desk: till } = await desk();
    const command = till.place({ baseVersion: 'what-somebody-saw' });
    const answer = await till.send(command);
    expect(answer).toMatchObject({
      status: 409,
      body: { error: 'conflict', current: { supplierId: SUPPLIER, lines: 1 } },
    });
    const current = (answer.body as { current: { version: string } }).current;
    expect((await till.send(command)).body).toEqual(answer.body);
    expect(await till.send(till.place({ baseVersion: current.version }))).toMatchObject({ status: 200 });
  });

  test('for another shop is not done, and can still be done there', async () => {
    const { server, desk: till } = await desk();
    const command = till.place({ lineage: 'ab'.repeat(16) });
    expect(await till.send(command)).toMatchObject({ status: 409, body: { error: 'other-lineage' } });
    expect(rowsOf(await exec(server, 'SELECT id FROM command_receipt'))).toEqual([]);
  });

  test('for a shop that is not there, perhaps only now, is kept by whoever sent it', async () => {
    const { server, desk: till } = await desk(0);
    const answer = await post(`${server.url}/nowhere.sqlite3/commands`, till.place());
    expect(answer).toMatchObject({ status: 409, body: { error: 'other-lineage' } });
    expect(existsSync(join(server.dataDir, 'nowhere.sqlite3'))).toBe(false);
  });
});

describe('what can never be done', () => {
  test.each([
    ['of a type that nobody knows', { type: 'supplier-order.burn' }, 422, 'unknown-name'],
    ['of a type that every object has', { type: 'constructor' }, 422, 'unknown-name'],
    ['with a payload of another form', { payload: { supplierId: 7 } }, 422, 'invalid-input'],
    ['without a payload', { payload: undefined }, 400, 'invalid-input'],
    ['for nobody', { payload: { supplierId: 'nobody' } }, 422, 'not-found'],
    ['without an id', { id: undefined }, 400, 'invalid-input'],
    ['with an id that is none', { id: 'one' }, 400, 'invalid-input'],
    ['that waits for nonsense', { after: 'tomorrow' }, 400, 'invalid-input'],
  ])('a command %s is told so', async (_what, changes, status, error) => {
    const { desk: till } = await desk(0);
    const command = { ...till.place(), ...changes };
    const answer = await till.send(command);
    expect(answer).toMatchObject({ status, body: { error } });
    expect((await till.send(command)).body).toEqual(answer.body);
  });

  test('an order of nothing, also when there is something later', async () => {
    const { server, desk: till } = await desk(0);
    const command = till.place();
    const refused = { status: 422, body: { error: 'nothing-to-order', details: { supplierId: SUPPLIER } } };
    expect(await till.send(command)).toMatchObject(refused);
    await exec(server, wishRow());
    expect(await till.send(command)).toMatchObject(refused);
  });

  test('a command with the id of another one', async () => {
    const { desk: till } = await desk();
    const command = till.place();
    await till.send(command);
    const payload = { supplierOrderId: command.id };
    expect(await till.send({ ...command, type: 'supplier-order.cancel', payload })).toMatchObject({
      status: 422,
      body: { error: 'command-id-used' },
    });
  });

  test.each([
    ['{', 'application/json', 400, 'malformed-json'],
    ['[]', 'application/json', 400, 'invalid-input'],
    ['', 'application/json', 400, 'invalid-input'],
    ['id=1', 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
    ['<x/>', 'text/plain', 415, 'unsupported-media-type'],
  ])('the body %j as %s', async (body, type, status, error) => {
    const { server } = await desk(0);
    const answer = await fetch(`${server.address}/commands`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error });
  });
});

test('only who may write may send commands', async () => {
  const dataDir = await temporaryFolder();
  const tokens = await Tokens.load(dataDir);
  const expiresAt = Date.now() + 60 * 60_000;
  const make = (role: 'admin' | 'member' | 'reader') =>
    tokens.create({ name: role, role, databases: ['*'], expiresAt });
  const [admin, member, reader] = [await make('admin'), await make('member'), await make('reader')];
  const { url } = await runServer({ dataDir, auth: 'tokens', ...withoutCopies });
  for (const { token, status } of [
    { token: reader.token, status: 403 },
    { token: 'nobody', status: 401 },
    { token: member.token, status: 422 },
    { token: admin.token, status: 422 },
  ]) {
    const { lineage } = await OrderDesk.at({ url, token: admin.token });
    const command = {
      id: crypto.randomUUID(),
      type: 'supplier-order.place',
      payload: { supplierId: 's' },
      lineage,
    };
    const answer = await fetch(`${url}/shop.sqlite3/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(command),
    });
    expect(answer.status).toBe(status);
  }
});

test('a full disk stores nothing, says so, and the command is done when there is room', async () => {
  const server = await runServer(withoutCopies);
  await stock(server, 500);
  const till = await OrderDesk.at(server);
  const command = till.place();
  await exec(server, 'CREATE TABLE filling (text BLOB)');
  // SQLite answers as it does on a full disk.
  await exec(server, 'PRAGMA max_page_count = 1');
  for (let length = 65_536; length >= 1; length /= 2) {
    const fill = () => exec(server, `INSERT INTO filling VALUES (randomblob(${length}))`);
    while ((await fill()).status !== 507);
  }
  const answer = await till.send(command);
  expect(answer.status).toBe(503);
  // Where the page that is missing is one of cr-sqlite's own, it only says that its statement failed.
  expect(['disk-full', 'database-failed']).toContain((answer.body as { error: string }).error);
  await exec(server, 'PRAGMA max_page_count = 1000000');
  expect(rowsOf(await exec(server, 'SELECT id FROM command_receipt'))).toEqual([]);
  expect(await till.send(command)).toMatchObject({
    status: 200,
    body: { result: { number: 1, lines: 500 } },
  });
});

test('a receipt that came back with a client answers on a server that was restored without it', async () => {
  const dataDir = await temporaryFolder();
  const restored = await temporaryFolder();
  const server = await runServer({ dataDir, ...withoutCopies });
  const client = await NodeClient.connect(server);
  for (const sql of [...SHOP_ROWS, wishRow()]) client.write(sql);
  await client.synced();
  const before = await fetch(`${server.url}/shop.sqlite3/file`);
  await writeFile(join(restored, 'shop.sqlite3'), new Uint8Array(await before.arrayBuffer()));
  const till = await OrderDesk.at(server);
  const command = till.place();
  const answer = await till.send(command);
  expect(answer.status).toBe(200);
  await client.until('the receipt', () => client.rows('SELECT 1 FROM command_receipt').length === 1);
  await server.close();

  const again = await runServer({ dataDir: restored, ...withoutCopies });
  client.moveTo(again);
  await client.synced();
  const sameTill = await OrderDesk.at(again);
  expect(sameTill.lineage).toBe(till.lineage);
  expect((await sameTill.send(command)).body).toEqual(answer.body);
  expect(rowsOf(await exec(again, 'SELECT id, number FROM supplier_order'))).toEqual([
    { id: command.id, number: 1 },
  ]);
});
