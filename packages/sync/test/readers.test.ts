import { describe, expect, test } from 'vitest';
import { addBooks, ALL_BOOKS, isbn } from './shop-data.ts';
import type { ClientMachine, ServerMachine } from './world/machines.ts';
import { World } from './world/world.ts';

/** A shop with a member who is level, and a reader who is. */
async function shopWithReader(): Promise<{
  world: World;
  server: ServerMachine;
  member: ClientMachine;
  reader: ClientMachine;
}> {
  const world = new World();
  const server = await world.server();
  const member = await world.client();
  addBooks(member, 1, 11);
  await world.until(() => member.status === 'synced');
  server.takesChanges = false;
  const reader = await world.client();
  await world.until(() => reader.status === 'synced');
  return { world, server, member, reader };
}

describe('[RO-1] who may only read', () => {
  test('gets everything, also what comes later, and is green', async () => {
    const { world, server, member, reader } = await shopWithReader();
    expect(reader.all(ALL_BOOKS)).toEqual(server.all(ALL_BOOKS));
    addBooks(member, 11, 21);
    await world.until(() => reader.all(ALL_BOOKS).length === 20);
    await world.until(() => reader.status === 'synced');
    expect(reader.state.readOnly).toBe(true);
    expect(member.state.readOnly).toBeUndefined();
    reader.handle({ type: 'network', online: false });
    expect(reader.state).toMatchObject({ status: 'disconnected', readOnly: true });
  });

  test('stays green where rows come back to life, whose cells it would pass on', async () => {
    const { world, member, reader } = await shopWithReader();
    member.write((database) => database.prepare('DELETE FROM book WHERE isbn = ?').run(isbn(3)));
    await world.until(() => reader.all(ALL_BOOKS).length === 9);
    addBooks(member, 3, 4);
    await world.until(() => reader.all(ALL_BOOKS).length === 10);
    await world.pass(5_000);
    expect(reader.status).toBe('synced');
  });

  test('is told that its own work is not taken, keeps it, and still gets what others write', async () => {
    const { world, server, member, reader } = await shopWithReader();
    addBooks(reader, 50, 51);
    expect(reader.state).toMatchObject({ status: 'incompatible', reason: 'read-only', pending: 1 });
    addBooks(member, 11, 21);
    await world.until(() => reader.all(ALL_BOOKS).length === 21);
    await world.pass(60_000);
    expect(reader.state).toMatchObject({ status: 'incompatible', reason: 'read-only', pending: 1 });
    expect(server.all(ALL_BOOKS)).toHaveLength(20);
    expect(server.closes).toEqual([]);
  });

  test('has its work sent once it may write', async () => {
    const { world, server, reader } = await shopWithReader();
    addBooks(reader, 50, 51);
    await world.pass(2_000);
    server.takesChanges = true;
    reader.handle({ type: 'stop' });
    reader.handle({ type: 'start' });
    await world.until(() => reader.status === 'synced');
    expect(server.all(ALL_BOOKS)).toEqual(reader.all(ALL_BOOKS));
    expect(reader.state.readOnly).toBeUndefined();
  });

  test('who has done work offline before it first connects is not green either', async () => {
    const world = new World();
    const server = await world.server();
    server.takesChanges = false;
    const reader = await world.offlineClient();
    addBooks(reader, 1, 3);
    reader.handle({ type: 'start' });
    await world.until(() => reader.status === 'incompatible');
    expect(reader.state).toMatchObject({ reason: 'read-only', pending: 2 });
    expect(server.all(ALL_BOOKS)).toEqual([]);
  });
});
