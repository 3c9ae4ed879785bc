import { describe, expect, test } from 'vitest';
import { BATCH_LIMITS } from '../src/stream/outbound.ts';
import { copyLogPart, mergeCopy, mergeLogPart } from '../src/copy/log-part.ts';
import type { Replica } from '../src/replica.ts';
import { addBooks, ALL_BOOKS } from './shop-data.ts';
import { restoredDisk } from './world/server-copies.ts';
import type { ServerMachine } from './world/machines.ts';
import { World } from './world/world.ts';

function partAfter(replica: Replica, after: bigint, limits = BATCH_LIMITS): Uint8Array {
  return readOn(copyLogPart(replica, after, limits));
}

/** What is left of a part that is being copied, after the pieces that there are already. */
function readOn(copying: ReturnType<typeof copyLogPart>, pieces: Uint8Array[] = []): Uint8Array {
  let step = copying.next();
  while (step.done !== true) {
    pieces.push(step.value);
    step = copying.next();
  }
  return Buffer.concat([step.value.header, ...pieces]);
}

function merge(machine: ServerMachine, part: Uint8Array): number {
  const merging = mergeLogPart(machine.replica, part);
  let step = merging.next();
  while (step.done !== true) step = merging.next();
  return step.value.news;
}

/** A server with books of two clients, a copy of its disk, and what was written after it. */
async function shopWithCopy() {
  const world = new World();
  const server = await world.server();
  const [one, two] = [await world.client(), await world.client()];
  const agreed = () => [one, two].every(({ status }) => status === 'synced');
  addBooks(one, 0, 50);
  await world.until(agreed);
  const disk = server.disk.clone();
  const copiedThrough = server.replica.head();
  addBooks(two, 50, 60);
  one.write((database) => {
    database.exec("UPDATE book SET title = 'Changed since' WHERE price < 10");
    database.exec('DELETE FROM book WHERE price BETWEEN 20 AND 25');
  });
  await world.until(agreed);
  return { world, server, disk, copiedThrough, one, two };
}

describe('[CC-1, CC-2] a copy and the parts of the log after it', () => {
  test('are the shop as it was at the end of the last part, whoever wrote it', async () => {
    const { world, server, disk, copiedThrough, one, two } = await shopWithCopy();
    const first = partAfter(server.replica, copiedThrough);
    const firstThrough = server.replica.head();
    addBooks(one, 60, 70);
    await world.until(() => one.status === 'synced' && server.all(ALL_BOOKS).length === 64);
    const second = partAfter(server.replica, firstThrough);
    const expected = server.all(ALL_BOOKS);
    for (const machine of [server, one, two]) machine.kill();

    const restored = await world.server(await restoredDisk(disk));
    merge(restored, first);
    merge(restored, second);
    expect(restored.all(ALL_BOOKS)).toEqual(expected);
    expect(restored.replica.quarantine.count()).toBe(0);
  });

  test('may come in any order, and more than once', async () => {
    const { world, server, disk, copiedThrough } = await shopWithCopy();
    const first = partAfter(server.replica, copiedThrough);
    const middle = server.replica.head();
    server.write((database) => database.exec("UPDATE book SET title = 'Again' WHERE price = 3"));
    const second = partAfter(server.replica, middle);
    const expected = server.all(ALL_BOOKS);
    const restored = await world.server(await restoredDisk(disk));
    for (const part of [second, first, second, first]) merge(restored, part);
    expect(restored.all(ALL_BOOKS)).toEqual(expected);
    expect(merge(restored, first)).toBe(0);
  });

  test('replicas find what they had written since, and everybody agrees in the end', async () => {
    const { world, server, disk, copiedThrough, one, two } = await shopWithCopy();
    const part = partAfter(server.replica, copiedThrough);
    addBooks(one, 70, 75);
    await world.until(() => one.status === 'synced' && two.all(ALL_BOOKS).length === 59);
    server.kill();
    const restored = await world.server(await restoredDisk(disk));
    merge(restored, part);
    await world.until(() => restored.all(ALL_BOOKS).length === 59 && two.status === 'synced');
    expect(restored.all(ALL_BOOKS)).toEqual(one.all(ALL_BOOKS));
    expect(two.all(ALL_BOOKS)).toEqual(one.all(ALL_BOOKS));
  });

  test('a whole copy is merged into another one, whatever was written to both', async () => {
    const { world, server, disk, one } = await shopWithCopy();
    one.kill();
    const other = await new World(2).server(await restoredDisk(disk));
    addBooks(other, 80, 90);
    const merging = mergeCopy(other.replica, server.replica, BATCH_LIMITS);
    while (merging.next().done !== true);
    expect(other.all(ALL_BOOKS)).toHaveLength(64);
    const back = mergeCopy(server.replica, other.replica, { bytes: 500, changes: 20 });
    while (back.next().done !== true);
    await world.pass(1_000);
    expect(server.all(ALL_BOOKS)).toEqual(other.all(ALL_BOOKS));
    const stranger = await new World(3).server();
    stranger.replica.foundLineage();
    expect(() => mergeCopy(stranger.replica, server.replica, BATCH_LIMITS).next()).toThrow('another shop');
  });

  test('keeps what is merged of others: the newest version, in all its epochs', async () => {
    const { server } = await shopWithCopy();
    const { copyMarks } = server.replica;
    const [site, epoch] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
    copyMarks.noteMerged({ site, version: 3, epoch, through: 10n });
    copyMarks.noteMerged({ site, version: 4, epoch, through: 12n });
    copyMarks.noteMerged({ site, version: 4, epoch: site, through: 14n });
    expect(copyMarks.merged()).toEqual([
      { site, version: 4, epoch: site, through: 14n },
      { site, version: 4, epoch, through: 12n },
    ]);
  });

  test('what is written again or removed while a part is copied is in it, wherever it has moved', async () => {
    const { world, server, disk, copiedThrough, two } = await shopWithCopy();
    const copying = copyLogPart(server.replica, copiedThrough, { bytes: 500, changes: 4 });
    const pieces: Uint8Array[] = [];
    for (let round = 0; round < 6; round += 1) {
      const { value } = copying.next();
      if (value instanceof Uint8Array) pieces.push(value);
      server.write((database) => {
        database.exec(
          `UPDATE book SET title = 'Round ${round}' WHERE price IN (${round}, 59, ${58 - round})`,
        );
        if (round === 3) database.exec('DELETE FROM book WHERE price = 55');
      });
    }
    const part = readOn(copying, pieces);
    const expected = server.all(ALL_BOOKS);
    for (const machine of [server, two]) machine.kill();
    const restored = await world.server(await restoredDisk(disk));
    merge(restored, part);
    expect(restored.all(ALL_BOOKS)).toEqual(expected);
    expect(restored.replica.quarantine.count()).toBe(0);
  });

  test('a transaction of any size goes in pieces', async () => {
    const { world, server, disk, copiedThrough, one } = await shopWithCopy();
    addBooks(one, 100, 400);
    await world.until(() => one.status === 'synced');
    const part = partAfter(server.replica, copiedThrough, { bytes: 500, changes: 20 });
    const restored = await world.server(await restoredDisk(disk));
    merge(restored, part);
    expect(restored.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
  });

  test('a part of another shop, or bytes that are none, change nothing', async () => {
    const { server, copiedThrough } = await shopWithCopy();
    const part = partAfter(server.replica, copiedThrough);
    const other = await new World().server();
    other.replica.foundLineage();
    expect(() => merge(other, part)).toThrow('of another shop');
    expect(() => merge(server, part.subarray(0, part.length - 3))).toThrow();
    expect(() => merge(server, new Uint8Array([1, 2, 3]))).toThrow('no part of a log');
  });
});
