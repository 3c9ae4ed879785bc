import { sameId } from '@octavo/protocol/identity.ts';
import { describe, expect, test } from 'vitest';
import { answerHello, composeHello, type ServerStanding } from '../src/handshake.ts';
import { addBooks, ALL_BOOKS } from './shop-data.ts';
import type { ClientMachine } from './world/machines.ts';
import { restoredDisk, rewoundDisk } from './world/server-copies.ts';
import { World } from './world/world.ts';

const MOMENT = Date.UTC(2026, 10, 12, 14, 0);
const green = (...clients: ClientMachine[]): boolean => clients.every((client) => client.status === 'synced');

/** A shop with two clients, a backup of its server with five books, and ten books by now. */
async function shopWithBackup() {
  const world = new World();
  const first = await world.server();
  const [one, two] = [await world.client(), await world.client()];
  addBooks(one, 0, 5);
  await world.until(() => green(one, two) && two.all(ALL_BOOKS).length === 5);
  const backup = first.disk.clone();
  addBooks(one, 5, 10);
  await world.until(() => green(one, two) && two.all(ALL_BOOKS).length === 10);
  const lineage = first.replica.foundLineage();
  const { siteId } = first.replica;
  first.kill();
  return { world, backup, lineage, siteId, one, two };
}

describe('[WO-3] a server that is put back for a disaster', () => {
  test('is the same shop with a site id of its own, and gets back what it lost', async () => {
    const { world, backup, lineage, siteId, one, two } = await shopWithBackup();
    one.kill();
    const restored = await world.server(await restoredDisk(backup));
    expect(restored.replica.lineage()).toEqual(lineage);
    expect(sameId(restored.replica.siteId, siteId)).toBe(false);
    await world.until(() => green(two) && restored.all(ALL_BOOKS).length === 10);
    restored.write((database) => database.exec("UPDATE book SET title = 'By the restored one'"));
    await world.until(() => two.all("SELECT 1 FROM book WHERE title = 'By the restored one'").length === 10);
    expect(two.shown.every((state) => state.status !== 'incompatible')).toBe(true);
  });
});

describe('[WO-3, LT-6] a server that was taken back on purpose', () => {
  test('tells so, takes nothing back, and is never shown as synced', async () => {
    const { world, backup, one, two } = await shopWithBackup();
    const seen = two.shown.length;
    const disk = await rewoundDisk(backup, { random: world.ground.random, takenBackTo: MOMENT });
    const server = await world.server(disk);
    await world.until(() => [one, two].every(({ status }) => status === 'incompatible'), 10_000);
    expect(two.state).toMatchObject({
      reason: 'rewound',
      message: expect.stringContaining('12 November 2026') as unknown,
    });
    expect(two.shown.slice(seen).filter((state) => state.status === 'synced')).toEqual([]);
    expect(server.all(ALL_BOOKS)).toHaveLength(5);
    expect(two.all(ALL_BOOKS)).toHaveLength(10);

    const fresh = await world.client();
    await world.until(() => green(fresh));
    addBooks(fresh, 20, 21);
    await world.until(() => green(fresh) && server.all(ALL_BOOKS).length === 6);
  });

  test('also tells those of the lineages before the one that was ended, and nobody else', async () => {
    const { world, backup, lineage, one } = await shopWithBackup();
    const { random } = world.ground;
    const once = await world.server(await rewoundDisk(backup, { random, takenBackTo: MOMENT - 1 }));
    const between = await world.client();
    await world.until(() => green(between));
    const ended = [once.replica.foundLineage()];
    once.kill();
    const twice = await world.server(await rewoundDisk(backup, { random, takenBackTo: MOMENT, ended }));
    await world.until(() => [one, between].every(({ status }) => status === 'incompatible'));
    for (const { state } of [one, between]) expect(state).toMatchObject({ reason: 'rewound' });
    expect([lineage, ...ended].map((each) => twice.replica.rewinds.takenBackTo(each))).toEqual([
      MOMENT,
      MOMENT,
    ]);
    twice.kill();
    await world.server();
    await world.until(() => 'reason' in one.state && one.state.reason === 'rebuilt');
  });

  test('a client that does not know the reason is told "rebuilt"', async () => {
    const { world, backup, one } = await shopWithBackup();
    const disk = await rewoundDisk(backup, { random: world.ground.random, takenBackTo: MOMENT });
    const { replica } = await world.server(disk);
    const standing: ServerStanding = {
      lineage: replica.foundLineage(),
      head: replica.head(),
      epochs: replica.epochs(),
      schema: replica.schema,
      ofClient: { epochs: [], position: 0n },
      levelWithClient: () => 0n,
      takenBackTo: (lineage) => replica.rewinds.takenBackTo(lineage),
      issuedOffer: undefined,
    };
    const hello = composeHello(one.replica, { database: 'shop.sqlite3', token: undefined, compressions: [] });
    expect(answerHello(hello, standing)).toMatchObject({ type: 'refuse', reason: 'rewound' });
    expect(answerHello({ ...hello, protocolVersion: 1 }, standing)).toMatchObject({ reason: 'rebuilt' });
  });
});
