import { composeHello } from '../src/handshake.ts';
import { decodeDownstream, encodeFrame } from '@octavo/protocol/frame.ts';
import { toHex } from '@octavo/protocol/identity.ts';
import { KNOWS_CLOUD } from '@octavo/protocol/version.ts';
import { describe, expect, test } from 'vitest';
import type { CloudReport } from '../src/server/cloud-news.ts';
import { SyncServer } from '../src/server/sync-server.ts';
import { addBooks } from './shop-data.ts';
import type { ClientMachine, ServerMachine } from './world/machines.ts';
import { World } from './world/world.ts';

/** What a server's shell says of its copy. */
function report(server: ServerMachine, changes: Partial<CloudReport> = {}): CloudReport {
  return {
    state: 'copied',
    failure: undefined,
    site: server.replica.siteId,
    version: 1,
    through: server.replica.head(),
    copiedAt: 1_000,
    ...changes,
  };
}

/** A server and a client that are level. */
async function shop(): Promise<{ world: World; server: ServerMachine; client: ClientMachine }> {
  const world = new World();
  const server = await world.server();
  const client = await world.client();
  addBooks(client, 0, 5);
  await world.until(() => client.status === 'synced');
  return { world, server, client };
}

describe('[CC-5] how the copy in the cloud is', () => {
  test('is not known before the server says so, and then is part of every state', async () => {
    const { world, server, client } = await shop();
    expect(client.state.cloud).toBeUndefined();
    expect(client.facts.cloud).toBeUndefined();
    server.handle({ type: 'cloud', report: report(server, { version: 7 }) });
    await world.until(() => client.state.cloud !== undefined);
    const site = toHex(server.replica.siteId);
    const copied = { state: 'copied', site, version: 7, copiedAt: 1_000 };
    expect(client.state.cloud).toEqual(copied);
    client.handle({ type: 'network', online: false });
    expect(client.state).toMatchObject({ status: 'disconnected', cloud: copied });
  });

  test('is told to whoever connects later', async () => {
    const { world, server } = await shop();
    server.handle({ type: 'cloud', report: report(server, { state: 'off', version: 0 }) });
    const other = await world.client();
    await world.until(() => other.status === 'synced');
    expect(other.state.cloud).toEqual({ state: 'off' });
  });

  test('names what of a client is in it: nothing that came to the server later', async () => {
    const { world, server, client } = await shop();
    const first = { copied: { confirmed: client.replica.head(), through: server.replica.head() } };
    addBooks(client, 5, 9);
    await world.until(() => client.status === 'synced');
    server.handle({ type: 'cloud', report: report(server, { through: first.copied.through }) });
    await world.until(() => client.facts.cloud !== undefined);
    expect(client.facts.cloud).toEqual({ ...first.copied, complete: false });

    const second = { head: client.replica.head(), through: server.replica.head() };
    server.handle({ type: 'cloud', report: report(server, { version: 2 }) });
    await world.until(() => client.facts.cloud?.through === second.through);
    expect(client.facts.cloud).toMatchObject({ confirmed: second.head, complete: true });
  });

  test('a failure is told at once, and so is its end', async () => {
    const { world, server, client } = await shop();
    server.handle({ type: 'cloud', report: report(server) });
    await world.until(() => client.state.cloud !== undefined);
    const failed = report(server, { state: 'failed', failure: 'silent' });
    const began = world.time.now;
    server.handle({ type: 'cloud', report: failed });
    await world.until(() => client.state.cloud?.state === 'failed');
    expect(client.state.cloud).toMatchObject({ failure: 'silent', version: 1 });
    server.handle({ type: 'cloud', report: { ...failed, state: 'copying' } });
    await world.until(() => client.state.cloud?.state === 'copying');
    expect(client.state.cloud).toMatchObject({ failing: 'silent' });
    server.handle({ type: 'cloud', report: report(server, { version: 2 }) });
    await world.until(() => client.state.cloud?.state === 'copied');
    expect(world.time.now - began).toBeLessThan(1_000);
  });

  test('short uploads, one after the other, are few messages, and the last word is told', async () => {
    const { world, server, client } = await shop();
    server.handle({ type: 'cloud', report: report(server) });
    await world.until(() => client.state.cloud !== undefined);
    const before = client.shown.length;
    for (let version = 2; version < 52; version += 1) {
      server.handle({ type: 'cloud', report: report(server, { state: 'copying', version: version - 1 }) });
      await world.pass(10);
      server.handle({ type: 'cloud', report: report(server, { version }) });
      await world.pass(10);
    }
    await world.pass(1_000);
    expect(client.state.cloud).toMatchObject({ state: 'copied', version: 51 });
    const told = client.shown.slice(before).map(({ cloud }) => JSON.stringify(cloud));
    expect(new Set(told).size).toBeLessThan(8);
  });

  test('is not told to a client of an older protocol', async () => {
    const { world, server, client } = await shop();
    const { clock, replica } = server;
    const engine = new SyncServer({ replica, clock, random: world.ground.random });
    engine.handle({ type: 'cloud', report: report(server) });
    const hello = composeHello(client.replica, { database: 'shop', token: undefined, compressions: [] });
    const told = (connection: number, protocolVersion: number): string[] => {
      engine.handle({ type: 'opened', connection, mayWrite: true });
      const bytes = encodeFrame({ type: 'hello', ...hello, protocolVersion });
      return engine
        .handle({ type: 'frame', connection, bytes })
        .flatMap((effect) => (effect.type === 'send' ? [decodeDownstream(effect.frame).type] : []));
    };
    expect(told(1, KNOWS_CLOUD - 1)).toEqual(['welcome']);
    expect(told(2, KNOWS_CLOUD)).toEqual(['welcome', 'cloud']);
  });
});
