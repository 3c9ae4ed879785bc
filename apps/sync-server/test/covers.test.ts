import { rename, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MOST_COVER_BYTES } from '@octavo/shop/server-commands/wire.ts';
import sharp from 'sharp';
import { describe, expect, test, vi } from 'vitest';
import { Tokens } from '../src/auth/tokens.ts';
import { ISBN, OrderDesk, type SentCommand, SHOP_ROWS } from './commands/order-desk.ts';
import { NodeClient } from './node-client.ts';
import { type Answer, exec, runServer, shareServer, type TestShop } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

vi.setConfig({ testTimeout: 60_000 });

const withoutCopies = { cloud: { kind: 'off' } } as const;
const shop = shareServer(withoutCopies);

async function desk(): Promise<{ server: TestShop; desk: OrderDesk }> {
  const server = shop();
  await exec(server, SHOP_ROWS.join(';'));
  return { server, desk: await OrderDesk.at(server) };
}

const upload = (desk: OrderDesk, image: Uint8Array, changes: Partial<SentCommand> = {}): SentCommand =>
  desk.place({
    type: 'book.cover.upload',
    payload: { isbn: ISBN, image: Buffer.from(image).toString('base64') },
    ...changes,
  });

const hashIn = ({ body }: Answer) => (body as { result: { hash: string } }).result.hash;
const picture = (width = 60, height = 90) =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: 30, b: 30 } } });
const noise = (width: number, height: number) =>
  sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } });

describe('a cover', () => {
  test.each([
    ['a JPEG', () => picture().jpeg().toBuffer()],
    ['a PNG', () => picture().png().toBuffer()],
    ['a WebP', () => picture().webp().toBuffer()],
  ])('of %s is stored as a WebP, and its book names it', async (_what, make) => {
    const { server, desk: till } = await desk();
    const other = await NodeClient.connect(server);
    const answer = await till.send(upload(till, await make()));
    const hash = hashIn(answer);
    expect(answer).toMatchObject({
      status: 200,
      body: { result: { isbn: ISBN, hash, width: 60, height: 90 } },
    });
    await other.until('the cover', () => other.rows('SELECT hash FROM book_cover')[0]?.['hash'] === hash);

    const image = await fetch(`${server.address}/covers/${hash}`);
    expect(image.status).toBe(200);
    expect(image.headers.get('content-type')).toBe('image/webp');
    expect(image.headers.get('x-content-type-options')).toBe('nosniff');
    expect(image.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
    const { format, width, height } = await sharp(await image.arrayBuffer()).metadata();
    expect({ format, width, height }).toEqual({ format: 'webp', width: 60, height: 90 });
    const again = await fetch(`${server.address}/covers/${hash}`, {
      headers: { 'if-none-match': image.headers.get('etag') ?? '' },
    });
    expect(again.status).toBe(304);
    expect(existsSync(join(server.dataDir, 'covers', server.database, 'covers', hash))).toBe(true);
  });

  test('is of bounded size, upright, and without what came along with the picture', async () => {
    const { server, desk: till } = await desk();
    const camera = await noise(1500, 1000)
      .withMetadata({ orientation: 6 })
      .withExif({ IFD0: { Copyright: '<script>alert(1)</script>', Artist: 'Ada Lovelace' } })
      .jpeg()
      .toBuffer();
    const answer = await till.send(upload(till, camera));
    expect(answer).toMatchObject({ status: 200, body: { result: { width: 800, height: 1200 } } });
    const image = Buffer.from(
      await (await fetch(`${server.address}/covers/${hashIn(answer)}`)).arrayBuffer(),
    );
    expect(image.includes('script')).toBe(false);
    expect(image.includes('Lovelace')).toBe(false);
  });

  test('sent again is the same answer, and nothing is done twice', async () => {
    const { server, desk: till } = await desk();
    const command = upload(till, await picture().png().toBuffer());
    const answers = await Promise.all([till.send(command), till.send(command), till.send(command)]);
    const done = answers.filter(({ status }) => status === 200);
    expect(answers.filter(({ status }) => status === 425)).toHaveLength(3 - done.length);
    const answer = await till.send(command);
    for (const { body } of done) expect(body).toEqual(answer.body);
    await exec(server, "UPDATE book_cover SET hash = 'another'");
    expect((await till.send(command)).body).toEqual(answer.body);
    expect((await exec(server, 'SELECT hash FROM book_cover')).body).toEqual({ rows: [{ hash: 'another' }] });
  });

  test('for a book that has another one by now is a conflict; for one that is not there it is refused', async () => {
    const { desk: till } = await desk();
    const image = await picture().png().toBuffer();
    const hash = hashIn(await till.send(upload(till, image, { baseVersion: '' })));
    const other = await picture(61).png().toBuffer();
    expect(await till.send(upload(till, other, { baseVersion: '' }))).toMatchObject({
      status: 409,
      body: { error: 'conflict', current: { isbn: ISBN, hash } },
    });
    const payload = { isbn: '9780439554930', image: image.toString('base64') };
    expect(await till.send(upload(till, image, { payload }))).toMatchObject({
      status: 422,
      body: { error: 'not-found' },
    });
  });
});

describe('what is no cover', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>';
  const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
  test.each<[string, () => Buffer | Promise<Buffer>, number, string]>([
    ['an SVG with a script', () => Buffer.from(svg), 422, 'not-an-image'],
    [
      'a text that is called .jpg',
      () => Buffer.from('Just a text, whatever it is called.'),
      422,
      'not-an-image',
    ],
    ['a GIF', () => picture().gif().toBuffer(), 422, 'not-an-image'],
    ['a TIFF', () => picture().tiff().toBuffer(), 422, 'not-an-image'],
    [
      'a JPEG that ends early',
      async () => half(await noise(300, 300).jpeg().toBuffer()),
      422,
      'image-damaged',
    ],
    ['a PNG that ends early', async () => half(await noise(300, 300).png().toBuffer()), 422, 'image-damaged'],
    [
      'a WebP that ends early',
      async () => half(await noise(300, 300).webp().toBuffer()),
      422,
      'image-damaged',
    ],
    ['the beginning of a JPEG', () => Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 422, 'image-damaged'],
    [
      'an SVG behind the beginning of a PNG',
      () => Buffer.from(`\x89PNG\r\n\x1a\n${svg}`, 'latin1'),
      422,
      'image-damaged',
    ],
    [
      'a picture that fills the memory',
      () => picture(9000, 9000).png().toBuffer(),
      422,
      'image-too-many-pixels',
    ],
    ['5 MB and a byte', () => randomBytes(MOST_COVER_BYTES + 1), 413, 'image-too-large'],
    ['6 MB', () => randomBytes(6_000_000), 413, 'body-too-large'],
  ])('%s is refused, and nothing is kept of it', async (_what, make, status, error) => {
    const { server, desk: till } = await desk();
    const answer = await till.send(upload(till, await make()));
    expect(answer).toMatchObject({ status, body: { error } });
    expect((answer.body as { message: string }).message).toMatch(/\w+ \w+.*\.$/);
    const { body } = await exec(
      server,
      'SELECT (SELECT count(*) FROM book_cover) AS covers, (SELECT count(*) FROM command_receipt) AS receipts',
    );
    expect(body).toEqual({ rows: [{ covers: 0, receipts: 0 }] });
    expect(existsSync(join(server.dataDir, 'covers', server.database))).toBe(false);
  });

  test.each([
    ['no image', { isbn: ISBN }],
    ['an image that is no text', { isbn: ISBN, image: [1, 2, 3] }],
    ['an image that is no base64', { isbn: ISBN, image: '<svg>!</svg>' }],
    ['no book', { image: 'AAAA' }],
    ['a name of an image instead of one', { isbn: ISBN, hash: '1'.repeat(64), width: 1, height: 1 }],
  ])('a command with %s is told so', async (_what, payload) => {
    const { desk: till } = await desk();
    const answer = await till.send(upload(till, new Uint8Array(), { payload }));
    expect(answer).toMatchObject({ status: 422, body: { error: 'invalid-input' } });
  });

  test.each([
    ['millions of small things', `{"payload":[${'[],'.repeat(2_000_000)}[]]}`, 400, 'invalid-input'],
    ['what is no JSON', '{'.repeat(100_000), 400, 'malformed-json'],
  ])(
    '%s instead of an image are refused, and nobody else waits for that',
    async (_what, body, status, error) => {
      const { server } = await desk();
      const answer = await fetch(`${server.address}/commands`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ error });
    },
  );

  test('no other command may be large', async () => {
    const { desk: till } = await desk();
    const payload = { supplierId: 'x'.repeat(100_000) };
    expect(await till.send(till.place({ payload }))).toMatchObject({
      status: 413,
      body: { error: 'body-too-large' },
    });
  });

  test('large bodies go nowhere else', async () => {
    const { server } = await desk();
    const answer = await exec(server, `SELECT '${'x'.repeat(3 * 1024 * 1024)}'`);
    expect(answer).toMatchObject({ status: 413, body: { error: 'body-too-large' } });
  });
});

test('a store that fails keeps the command waiting, and nothing names an image that is not there', async () => {
  const folder = join(await temporaryFolder(), 'cloud');
  const server = await runServer({ cloud: { kind: 'folder', path: folder } });
  await exec(server, SHOP_ROWS.join(';'));
  const till = await OrderDesk.at(server);
  const command = upload(till, await picture().jpeg().toBuffer());
  await rename(folder, `${folder}-away`);
  await writeFile(folder, 'no folder');
  expect(await till.send(command)).toMatchObject({ status: 503, body: { error: 'cover-store-failed' } });
  // What needs no image is done, and says that it is not copied.
  const order = till.place();
  const place = await till.send(order);
  expect(place).toMatchObject({ status: 422, body: { error: 'nothing-to-order' } });
  expect(place.headers.get('x-sync-status')).toBe('failed');
  expect((await exec(server, 'SELECT hash FROM book_cover')).body).toEqual({ rows: [] });
  expect((await exec(server, 'SELECT id FROM command_receipt')).body).toEqual({ rows: [{ id: order.id }] });
  await rm(folder);
  await rename(`${folder}-away`, folder);
  const answer = await till.send(command);
  expect(answer.status).toBe(200);
  expect(existsSync(join(folder, 'shop.sqlite3', 'covers', hashIn(answer)))).toBe(true);

  await writeFile(join(folder, 'shop.sqlite3', 'covers', hashIn(answer)), 'damaged');
  const damaged = await fetch(`${server.url}/shop.sqlite3/covers/${hashIn(answer)}`);
  expect(damaged.status).toBe(503);
  expect(damaged.headers.get('cache-control')).toBeNull();
});

test('a cover is for whoever may read its shop', async () => {
  const dataDir = await temporaryFolder();
  const tokens = await Tokens.load(dataDir);
  const expiresAt = Date.now() + 60 * 60_000;
  const make = (role: 'member' | 'reader', database: string) =>
    tokens.create({ name: role, role, databases: [database], expiresAt });
  const member = await make('member', 'shop.sqlite3');
  const reader = await make('reader', 'shop.sqlite3');
  const stranger = await make('reader', 'other.sqlite3');
  const server = await runServer({ dataDir, auth: 'tokens', ...withoutCopies });
  const client = await NodeClient.connect({ url: server.url, token: member.token });
  for (const sql of SHOP_ROWS) client.write(sql);
  await client.synced();
  const till = await OrderDesk.at({ url: server.url, token: member.token });
  const hash = hashIn(await till.send(upload(till, await picture().png().toBuffer())));
  const status = async (token: string | undefined, path: string) => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`${server.url}/shop.sqlite3/covers/${path}`, { headers })).status;
  };
  expect(await status(reader.token, hash)).toBe(200);
  expect(await status(stranger.token, hash)).toBe(403);
  expect(await status(undefined, hash)).toBe(401);
  expect(await status(reader.token, '0'.repeat(64))).toBe(404);
  expect(await status(reader.token, '..%2f..%2fserver.json')).toBe(404);
});
