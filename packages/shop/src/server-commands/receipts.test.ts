import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { head, openReplica, type Replica, rowsOf, sync } from '../../test/replica.ts';
import { shopCommands as commands } from '../commands/registry.ts';
import { RECEIPT_KEPT_MS } from './receipts.ts';
import { runServerCommand } from './registry.ts';

const BEGIN = Date.UTC(2026, 5, 1);

let server: Replica;
let time: number;
let supplierId: string;

beforeEach(async () => {
  server = await openReplica('server');
  time = BEGIN;
  supplierId = commands.createSupplier.run(server, { name: 'Central Books' }).id;
});
afterEach(() => server[Symbol.dispose]());

/** Nothing is open, so it is refused: that is stored as any other answer is. */
const place = (id: string, on = server) =>
  runServerCommand({ ...on, now: () => time, timeZone: 'UTC' }, 'supplier-order.place', {
    id,
    payload: { supplierId },
  });
const receipts = (of = server) => rowsOf(of.db, 'command_receipt').map((row) => (row as { id: string }).id);

describe('a receipt', () => {
  it('is kept for thirty days, and forgotten with the next command after them', () => {
    place('old');
    time = BEGIN + RECEIPT_KEPT_MS;
    place('second');
    expect(receipts()).toEqual(['old', 'second']);
    time += 1;
    place('third');
    expect(receipts()).toEqual(['second', 'third']);
    const before = head(server.db);
    place('third');
    expect(head(server.db)).toBe(before);
  });

  it('that was forgotten stays so when an old copy brings it back', async () => {
    using restored = await openReplica('restored');
    place('old');
    sync(server, restored);
    time = BEGIN + RECEIPT_KEPT_MS + 1;
    place('new');
    sync(server, restored);
    for (const replica of [server, restored]) expect(receipts(replica)).toEqual(['new']);
  });

  it('is forgotten with others that are as old, yet not so many that anybody waits', () => {
    const many = Array.from({ length: 150 }, (_, index) => `c${index}`);
    for (const id of many) place(id);
    time = BEGIN + RECEIPT_KEPT_MS + 1;
    place('next');
    expect(receipts()).toHaveLength(51);
    place('last');
    expect(receipts().sort()).toEqual(['last', 'next']);
  });

  it.each([null, '', 'no JSON', '{}', '{"outcome":"done"}'])('with the answer %j is none', (answer) => {
    server.db
      .prepare('INSERT INTO command_receipt (id, type, answer) VALUES (?, ?, ?)')
      .run('c1', 'supplier-order.place', answer);
    const refused = place('c1');
    expect(refused).toMatchObject({ outcome: 'refused', error: { code: 'nothing-to-order' } });
    commands.removeSupplier.run(server, { id: supplierId });
    expect(place('c1')).toEqual(refused);
  });
});
