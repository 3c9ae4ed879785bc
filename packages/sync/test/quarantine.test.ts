import { StorageError } from '@octavo/crsqlite/vfs/file-system.ts';
import type { DiskOperation } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import { FULL, IOERR } from '@octavo/crsqlite/result-codes.ts';
import type { Change } from '@octavo/protocol/change.ts';
import { describe, expect, test } from 'vitest';
import type { Replica } from '../src/replica.ts';
import { addBooks, ALL_BOOKS, isbn } from './shop-data.ts';
import { World } from './world/world.ts';

const key = (text: string): Uint8Array =>
  Uint8Array.of(1, 0x0b, text.length, ...new TextEncoder().encode(text));

/** Merges one change as if a peer had sent it. */
function receive(replica: Replica, change: Partial<Change>): void {
  const whole: Change = {
    table: 'book',
    key: key(isbn(1)),
    column: 'price',
    value: 900n,
    columnVersion: 1n,
    siteId: new Uint8Array(16).fill(9),
    causalLength: 1n,
    sequence: 0,
    ...change,
  };
  const options = { ownWork: false, acknowledged: undefined, record: () => undefined };
  replica.merger.merge([{ version: 1n, changes: [whole] }], options);
}

/** A disk that has no room for a journal, without which nothing is written. */
function fullDisk(operation: DiskOperation, name: string): void {
  if (operation === 'write' && name.endsWith('-journal')) throw new StorageError('the disk is full', FULL);
}

describe('[QU-1] a change in quarantine', () => {
  test('can be tried again, and says why it still cannot be applied', async () => {
    const server = await new World().server();
    receive(server.replica, { value: 'free' });
    const [entry] = server.replica.quarantine.list();
    const reason = server.replica.merger.retry(entry?.id ?? 0);
    expect(reason).toMatch(/price/);
    expect(server.replica.quarantine.list()).toMatchObject([{ change: { value: 'free' }, reason }]);
  });

  test('is applied and gone once it can be', async () => {
    const server = await new World().server();
    server.write((database) =>
      database.exec(`CREATE TRIGGER closed BEFORE INSERT ON book BEGIN SELECT RAISE(ABORT, 'closed'); END`),
    );
    receive(server.replica, {});
    const [entry] = server.replica.quarantine.list();
    expect(entry?.reason).toMatch(/does not take/);
    server.write((database) => database.exec('DROP TRIGGER closed'));
    expect(server.replica.merger.retry(entry?.id ?? 0)).toBeUndefined();
    expect(server.replica.quarantine.count()).toBe(0);
    expect(server.all('SELECT price FROM book')).toEqual([{ price: 900 }]);
  });

  test('can be given up', async () => {
    const server = await new World().server();
    receive(server.replica, { value: 'free' });
    server.replica.quarantine.discard(server.replica.quarantine.list()[0]?.id ?? 0);
    expect(server.replica.quarantine.count()).toBe(0);
  });

  test('is told to its author until somebody at the server has dealt with it', async () => {
    const world = new World();
    const server = await world.server();
    const client = await world.client();
    await world.until(() => client.status === 'synced');
    // The server's table refuses what the client's takes.
    server.write((database) =>
      database.exec(`CREATE TRIGGER closed BEFORE INSERT ON book BEGIN SELECT RAISE(ABORT, 'closed'); END`),
    );
    addBooks(client, 0, 1);
    await world.until(() => client.status === 'synced' && client.state.attention > 0);
    for (const { id } of server.replica.quarantine.list()) server.replica.quarantine.discard(id);
    await world.until(() => client.state.attention === 0, 3_000);
  });
});

describe('[QU-3] a failure that is not the fault of a change', () => {
  test("is not acknowledged, shows as stuck with the server's words, and passes by itself", async () => {
    const world = new World();
    const server = await world.server();
    const client = await world.client();
    await world.until(() => client.status === 'synced');
    server.disk.beforeOperation = fullDisk;
    addBooks(client, 0, 3);
    await world.until(() => client.status === 'stuck');
    expect(client.state).toMatchObject({
      pending: 3,
      diagnostics: { code: 'server-failed', lastFailure: expect.stringMatching(/full/) as string },
    });
    const green = client.shown.findLastIndex(({ status }) => status === 'synced');
    await world.pass(5_000);
    expect(client.status).toBe('stuck');
    expect(client.shown.slice(green + 1).some(({ status }) => status === 'synced')).toBe(false);
    server.disk.beforeOperation = () => undefined;
    await world.until(() => client.status === 'synced');
    expect(server.all(ALL_BOOKS)).toEqual(client.all(ALL_BOOKS));
    expect(server.replica.quarantine.count()).toBe(0);
  });

  test('that the whole database suffers from is its owner’s business, not that of one connection', async () => {
    const world = new World();
    const server = await world.server();
    const client = await world.client();
    await world.until(() => client.status === 'synced');
    server.disk.beforeOperation = () => {
      throw new StorageError('the disk does not answer', IOERR);
    };
    addBooks(client, 0, 3);
    await expect(world.until(() => client.status === 'stuck')).rejects.toThrow('the disk does not answer');
    expect(server.closes).toEqual([]);
  });

  test('at the client shows as stuck with what its own disk says', async () => {
    const world = new World();
    const server = await world.server();
    const client = await world.client();
    await world.until(() => client.status === 'synced');
    client.disk.beforeOperation = fullDisk;
    addBooks(server, 0, 3);
    await world.until(() => client.status === 'stuck');
    expect(client.state).toMatchObject({ diagnostics: { code: 'own-disk-full' } });
    client.disk.beforeOperation = () => undefined;
    await world.until(() => client.status === 'synced');
    expect(client.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
  });
});
