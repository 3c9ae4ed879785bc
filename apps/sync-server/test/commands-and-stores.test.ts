import { join } from 'node:path';
import sharp from 'sharp';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ISBN, OrderDesk, stock, wishRow } from './commands/order-desk.ts';
import { spawnServer, startProcess } from './processes.ts';
import { exec } from './running-server.ts';
import { S3Server } from './s3/s3-server.ts';
import { StoreProxy } from './s3/store-proxy.ts';
import { temporaryFolder } from './temporary-folder.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A server's settings with a store that makes trouble when told to. */
async function troubledStore() {
  const folder = await temporaryFolder();
  const s3 = await S3Server.start(join(folder, 'store'));
  onTestFinished(() => s3.kill());
  const proxy = await StoreProxy.start(s3.place.endpoint ?? '');
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const environment = {
    ...s3.environment,
    OCTAVO_S3_ENDPOINT: proxy.url,
    DATA_DIR: join(folder, 'data'),
  };
  return { proxy, environment };
}

test('a server that dies between the commit and the answer gives that answer when it is back, and does nothing twice', async () => {
  const { proxy, environment } = await troubledStore();
  const server = await spawnServer(environment);
  onTestFinished(() => void server.child.kill('SIGKILL'));
  await stock(server, 2);
  const till = await OrderDesk.at(server);
  const command = till.place();

  // What is written is copied before it is answered: a copy that is on its way has been committed.
  await proxy.behave({ kind: 'hangs' });
  const before = proxy.requests.length;
  const unanswered = till.send(command).then(
    ({ status }) => status,
    () => 'no answer',
  );
  await vi.waitUntil(() => proxy.requests.length > before, { timeout: 20_000, interval: 5 });
  server.child.kill('SIGKILL');
  expect(await unanswered).toBe('no answer');
  await server.ended;
  await proxy.behave({ kind: 'none' });

  const back = await startProcess({ ...environment, PORT: new URL(server.url).port });
  const receipt = (await exec(back, 'SELECT id, answer FROM command_receipt')).body;
  expect(receipt).toMatchObject({ rows: [{ id: command.id }] });
  await exec(back, wishRow());
  const answer = await till.send(command);
  expect(answer).toMatchObject({
    status: 200,
    body: { id: command.id, result: { supplierOrderId: command.id, number: 1, lines: 2 } },
  });
  expect((await exec(back, 'SELECT id, number FROM supplier_order')).body).toEqual({
    rows: [{ id: command.id, number: 1 }],
  });
  expect((await exec(back, 'SELECT id, answer FROM command_receipt')).body).toEqual(receipt);
});

async function upload(till: OrderDesk) {
  const picture = sharp({ create: { width: 6, height: 9, channels: 3, background: 'red' } });
  const image = (await picture.png().toBuffer()).toString('base64');
  return till.place({ type: 'book.cover.upload', payload: { isbn: ISBN, image } });
}

async function imageOnItsWay(proxy: StoreProxy): Promise<void> {
  const arrived = () => proxy.requests.some((request) => request.includes('/covers/'));
  await vi.waitUntil(arrived, { timeout: 20_000, interval: 5 });
}

test('a server that dies while an image is being stored names none, and takes it when it is back', async () => {
  const { proxy, environment } = await troubledStore();
  const server = await spawnServer(environment);
  onTestFinished(() => void server.child.kill('SIGKILL'));
  await stock(server, 0);
  const till = await OrderDesk.at(server);
  const command = await upload(till);
  await proxy.behave({ kind: 'hangs' });
  const unanswered = till.send(command).then(
    ({ status }) => status,
    () => 'no answer',
  );
  await imageOnItsWay(proxy);
  server.child.kill('SIGKILL');
  expect(await unanswered).toBe('no answer');
  await server.ended;
  await proxy.behave({ kind: 'none' });

  const back = await startProcess({ ...environment, PORT: new URL(server.url).port });
  for (const table of ['book_cover', 'command_receipt'])
    expect((await exec(back, `SELECT 1 FROM ${table}`)).body).toEqual({ rows: [] });
  expect((await till.send(command)).status).toBe(200);
  expect((await exec(back, 'SELECT isbn FROM book_cover')).body).toEqual({ rows: [{ isbn: ISBN }] });
});

test('a command that is being done is not begun again, and done once the store is back', async () => {
  const { proxy, environment } = await troubledStore();
  const server = await startProcess(environment);
  await stock(server, 1);
  const till = await OrderDesk.at(server);
  const command = await upload(till);
  await proxy.behave({ kind: 'hangs' });
  const first = till.send(command);
  await imageOnItsWay(proxy);
  expect(await till.send(command)).toMatchObject({ status: 425, body: { error: 'in-progress' } });
  expect(await first).toMatchObject({ status: 503, body: { error: 'cover-store-failed' } });
  await proxy.behave({ kind: 'none' });
  const answer = await till.send(command);
  expect(answer.status).toBe(200);
  const { hash } = (answer.body as { result: { hash: string } }).result;
  const cover = await fetch(`${server.url}/shop.sqlite3/covers/${hash}`);
  expect((await sharp(await cover.arrayBuffer()).metadata()).width).toBe(6);
});
