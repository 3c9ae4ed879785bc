import type { Change } from '@octavo/protocol/change.ts';
import { closeReasonByCode } from '@octavo/protocol/close-codes.ts';
import { decodeDownstream, encodeFrame } from '@octavo/protocol/frame.ts';
import type { Downstream, Upstream } from '@octavo/protocol/messages.ts';
import { describe, expect, test } from 'vitest';
import { addBooks, ALL_BOOKS, isbn } from './shop-data.ts';
import type { Endpoint } from './world/network.ts';
import { newHello } from './world/new-hello.ts';
import { World } from './world/world.ts';

const SITE = new Uint8Array(16).fill(0xbb);
const text = new TextEncoder();

/** A key as cr-sqlite packs it: one TEXT. */
const packed = (value: string): Uint8Array => Uint8Array.of(1, 0x0b, value.length, ...text.encode(value));

/** A client that has learnt the protocol and means no good: it says whatever it is told to. */
class HostileClient implements Endpoint {
  readonly #world: World;
  readonly received: Downstream[] = [];
  closedWith: number | undefined;
  #number = 0;
  #told = 0n;

  constructor(world: World) {
    this.#world = world;
  }

  async connect(): Promise<void> {
    this.#world.network.connect(this, 1);
    this.#world.time.until(() => this.#isOpen);
    this.say(newHello(this.#world.ground.schema, { siteId: SITE }));
    await this.#world.until(() => this.received.some((message) => message.type === 'welcome'));
  }

  #isOpen = false;

  say(message: Upstream): void {
    this.#world.network.sendFromClient(this, 1, encodeFrame(message));
  }

  /** Sends changes as one transaction of its own, under its next version. */
  async send(...changes: Partial<Change>[]): Promise<void> {
    await this.sendAs(this.#told + 1n, ...changes);
  }

  async sendAs(version: bigint, ...changes: Partial<Change>[]): Promise<void> {
    this.#number += 1;
    const after = this.#told;
    this.#told = version;
    this.say({
      type: 'batch',
      number: this.#number,
      after,
      through: this.#told,
      head: this.#told,
      incomplete: false,
      continues: false,
      backfill: false,
      epochs: [],
      transactions: [{ version: this.#told, changes: changes.map((change) => ({ ...HONEST, ...change })) }],
    });
    await this.#world.pass(100);
  }

  get acks(): Extract<Downstream, { type: 'ack' }>[] {
    return this.received.filter((message) => message.type === 'ack');
  }

  opened(): void {
    this.#isOpen = true;
  }

  frame(_: number, bytes: Uint8Array): void {
    this.received.push(decodeDownstream(bytes));
  }

  closed(_: number, code: number): void {
    this.closedWith = code;
  }
}

const HONEST: Change = {
  table: 'book',
  key: packed(isbn(1)),
  column: 'title',
  value: 'Emma',
  columnVersion: 1n,
  siteId: SITE,
  causalLength: 1n,
  sequence: 0,
};

describe('[QU-1, QU-2] whatever a client sends that has completed the handshake', () => {
  test.each<[string, Partial<Change>]>([
    ['an empty key, which traps the WASM', { key: new Uint8Array() }],
    ['a key that claims more than it has', { key: Uint8Array.of(1, 0x0b, 200, 65) }],
    ['a number for a TEXT, which the table turns into a text', { key: packed(isbn(0)), value: 16383n }],
    ['a real for a TEXT', { key: packed(isbn(0)), value: 9e15 }],
    [
      'a text of digits for an INTEGER, which the table turns into a number',
      { key: packed(isbn(0)), column: 'price', value: '0' },
    ],
    [
      'a real for an INTEGER, which the table turns into an integer',
      { key: packed(isbn(0)), column: 'price', value: -0.0 },
    ],
    ['a text where the column is an INTEGER', { column: 'price', value: 'free' }],
    ['a price that the table refuses', { column: 'price', value: -1n }],
    ['a column version that nobody could beat', { columnVersion: 2n ** 63n - 1n }],
    ['a column version beyond 64 bits signed', { columnVersion: 2n ** 64n - 1n }],
    ['a causal length that nobody could beat', { causalLength: 2n ** 53n }],
    ['an even causal length for a cell', { causalLength: 2n }],
    ['a table that is not replicated', { table: 'octavo_peer' }],
    ['a table that is not there', { table: 'x"; DROP TABLE book; --' }],
    ['a column that is not there', { column: 'password' }],
    ['a sequence out of range', { sequence: 2 ** 50 }],
    ['a blob of a megabyte as a title', { value: new Uint8Array(1_000_000) }],
  ])(
    '%s: the server works on, others stay in sync, and the change is put aside or harmless',
    async (_, change) => {
      const world = new World();
      const server = await world.server();
      const honest = await world.client();
      addBooks(honest, 0, 1);
      await world.until(() => honest.status === 'synced');
      const hostile = new HostileClient(world);
      await hostile.connect();
      await hostile.send(change);
      // What comes after the bad change goes through.
      await hostile.send({ key: packed(isbn(7)), value: 'Persuasion' });

      addBooks(honest, 10, 11);
      await world.until(() => honest.status === 'synced' && honest.all(ALL_BOOKS).length >= 3);
      expect(server.all(ALL_BOOKS)).toEqual(honest.all(ALL_BOOKS));
      expect(server.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      expect(server.all(`SELECT * FROM book WHERE isbn = '${isbn(7)}'`)).toHaveLength(1);
      // Everybody can still change the row that was aimed at.
      honest.write((database) =>
        database
          .prepare(
            'INSERT INTO book (isbn, title) VALUES (?, ?) ON CONFLICT DO UPDATE SET title = excluded.title',
          )
          .run(isbn(1), 'Mine'),
      );
      await world.until(() => honest.status === 'synced');
      expect(server.all(`SELECT title FROM book WHERE isbn = '${isbn(1)}'`)).toEqual([{ title: 'Mine' }]);
    },
  );

  test('a change under a forged author ends the connection', async () => {
    const world = new World();
    const server = await world.server();
    const hostile = new HostileClient(world);
    await hostile.connect();
    await hostile.send({ siteId: new Uint8Array(16).fill(1) });
    expect(closeReasonByCode(hostile.closedWith ?? 0)).toBe('invalid-change');
    expect(server.all(ALL_BOOKS)).toEqual([]);
  });

  test("[V-2] a version near the end of all numbers does not become the server's", async () => {
    const world = new World();
    const server = await world.server();
    const hostile = new HostileClient(world);
    await hostile.connect();
    await hostile.sendAs(2n ** 61n, {});
    expect(hostile.acks.at(-1)).toMatchObject({ through: 2n ** 61n, attention: 0 });
    expect(server.all(ALL_BOOKS)).toHaveLength(1);
    expect(server.replica.head()).toBeLessThan(10n);
    server.write((database) => database.prepare('INSERT INTO book (isbn) VALUES (?)').run(isbn(5)));
    expect(server.replica.head()).toBeLessThan(10n);
  });

  test.each([2n ** 62n, 2n ** 63n, 2n ** 64n - 1n])(
    'a version that SQLite could not keep ends the connection: %d',
    async (version) => {
      const world = new World();
      const server = await world.server();
      const hostile = new HostileClient(world);
      await hostile.connect();
      await hostile.sendAs(version, {});
      expect(closeReasonByCode(hostile.closedWith ?? 0)).toBe('malformed');
      expect(server.all(ALL_BOOKS)).toEqual([]);
    },
  );

  test('endless bad changes end the connection before they fill the disk', async () => {
    const world = new World();
    const server = await world.server();
    const hostile = new HostileClient(world);
    await hostile.connect();
    const bad = Array.from({ length: 1_400 }, (_, index) => ({ column: `column-${index}` }));
    await hostile.send(...bad);
    expect(closeReasonByCode(hostile.closedWith ?? 0)).toBe('invalid-change');
    expect(server.replica.quarantine.count()).toBe(0);
  });
});

describe('[QU-1] a change that cannot be applied', () => {
  test('is told to its author, and is released by a newer edit of the cell', async () => {
    const world = new World();
    const server = await world.server();
    const hostile = new HostileClient(world);
    await hostile.connect();
    await hostile.send({ column: 'price', value: 'free' });
    expect(hostile.acks.at(-1)?.attention).toBe(1);
    expect(server.replica.quarantine.list()).toMatchObject([{ change: { column: 'price', value: 'free' } }]);
    await hostile.send({ column: 'price', value: 900n, columnVersion: 2n });
    expect(hostile.acks.at(-1)?.attention).toBe(0);
    expect(server.all('SELECT price FROM book')).toEqual([{ price: 900 }]);
  });

  test('leaves nothing half behind, and takes nothing else of its transaction with it', async () => {
    const world = new World();
    const server = await world.server();
    const hostile = new HostileClient(world);
    await hostile.connect();
    await hostile.send({ column: 'price', value: 'free' }, { key: packed(isbn(2)), sequence: 1 });
    expect(server.all(ALL_BOOKS).map((book) => book['isbn'])).toEqual([isbn(2)]);
  });
});

describe('[RO-1] a client that may only read and sends changes all the same', () => {
  test.each([
    ['an edit', {}],
    ['a cell without an edit, which would bring a row to life', { columnVersion: 0n, causalLength: 3n }],
    ['a deletion', { column: '-1', value: null, columnVersion: 2n, causalLength: 2n }],
  ])('%s: is closed, and nothing is kept', async (_what, change) => {
    const world = new World();
    const server = await world.server();
    const member = await world.client();
    addBooks(member, 1, 2);
    await world.until(() => member.status === 'synced');
    const before = server.all(ALL_BOOKS);
    server.takesChanges = false;
    const hostile = new HostileClient(world);
    await hostile.connect();
    await hostile.send(change);
    expect(closeReasonByCode(hostile.closedWith ?? 0)).toBe('read-only');
    expect(server.all(ALL_BOOKS)).toEqual(before);
    expect(server.replica.quarantine.count()).toBe(0);
  });
});
