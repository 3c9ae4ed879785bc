import type { Database, Row } from '@octavo/crsqlite/database.ts';
import { openMemory } from '@octavo/crsqlite/memory.ts';
import type { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import type { ClientEffect, ClientEvent } from '../../src/client/events.ts';
import { SyncClient } from '../../src/client/sync-client.ts';
import type { Schema } from '../../src/environment.ts';
import type { StretchLimits } from '../../src/storage/log-stretch.ts';
import { Replica } from '../../src/replica.ts';
import type { ServerEffect, ServerEvent } from '../../src/server/events.ts';
import { SyncServer } from '../../src/server/sync-server.ts';
import type { Notice, SyncFacts, SyncState } from '../../src/state.ts';
import type { Endpoint, Network } from './network.ts';
import { MachineClock, type SeededRandom, type VirtualTime } from './virtual-time.ts';

export const DATABASE = 'shop.sqlite3';

/** What every machine of a test world stands on. */
export interface Ground {
  time: VirtualTime;
  network: Network;
  random: SeededRandom;
  /** What a machine is built with that is not given another. */
  schema: Schema;
  limits: StretchLimits;
}

/** One timer, as a shell has it: the last wake asked for wins. */
class Alarm {
  readonly #time: VirtualTime;
  readonly #ring: () => void;
  #cancel: (() => void) | undefined;

  constructor(time: VirtualTime, ring: () => void) {
    this.#time = time;
    this.#ring = ring;
  }

  set(at: number | undefined): void {
    this.#cancel?.();
    this.#cancel = at === undefined ? undefined : this.#time.after(at - this.#time.now, this.#ring);
  }
}

async function openReplica(
  disk: MemoryFileSystem,
  schema: Schema,
  clock: MachineClock,
  random: SeededRandom,
): Promise<Replica> {
  const database = await openMemory({ fileSystem: disk, name: DATABASE });
  return Replica.open(database, { schema, clock, random });
}

/** A browser: a disk, a replica, the client role, and the shell that joins them to the network. */
export class ClientMachine implements Endpoint {
  readonly clock: MachineClock;
  readonly disk: MemoryFileSystem;
  readonly #ground: Ground;
  readonly #alarm: Alarm;
  #replica: Replica;
  #client: SyncClient;
  /** The engine gave up its identity and waits for the file to be opened again. */
  #retired = false;
  #alive = true;
  /** What has come while it did nothing; undefined while it does something. */
  #missed: ClientEvent[] | undefined;
  /** Every state that was shown, and everything the person was told, in order. */
  readonly shown: SyncState[] = [];
  readonly notices: Notice[] = [];
  /** Called whenever a state is shown, for whoever checks that it is true. */
  onShown: () => void = () => undefined;
  /** Called with the backlog of each connection. */
  onWelcomed: (backlog: number) => void = () => undefined;

  private constructor(ground: Ground, disk: MemoryFileSystem, replica: Replica, clock: MachineClock) {
    this.#ground = ground;
    this.disk = disk;
    this.clock = clock;
    this.#alarm = new Alarm(ground.time, () => this.handle({ type: 'tick' }));
    this.#replica = replica;
    this.#client = this.#createClient();
  }

  static async boot(ground: Ground, disk: MemoryFileSystem, schema = ground.schema): Promise<ClientMachine> {
    const clock = new MachineClock(ground.time);
    return new ClientMachine(ground, disk, await openReplica(disk, schema, clock, ground.random), clock);
  }

  get replica(): Replica {
    return this.#replica;
  }

  get state(): SyncState {
    return this.#client.state;
  }

  get facts(): SyncFacts {
    return this.#client.facts;
  }

  get status(): SyncState['status'] {
    return this.#client.state.status;
  }

  get retired(): boolean {
    return this.#retired && this.#alive;
  }

  /** What the shell does when the engine asks for it: close, open, and go on with sync as it was. */
  async reopen(): Promise<void> {
    this.#replica.database.close();
    const { schema } = this.#replica;
    try {
      this.#replica = await openReplica(this.disk, schema, this.clock, this.#ground.random);
    } catch (error) {
      if (this.#alive) throw error;
      return;
    }
    this.#client = this.#createClient();
    this.#retired = false;
    this.handle({ type: 'start' });
  }

  /** Writes as the application does, and tells the engine. */
  write(run: (database: Database) => void): void {
    this.#replica.write(() => run(this.#replica.database));
    this.handle({ type: 'committed' });
  }

  all(sql: string): Row[] {
    return this.#replica.database.prepare(sql).all();
  }

  opened(connection: number): void {
    this.handle({ type: 'opened', connection });
  }

  frame(connection: number, bytes: Uint8Array): void {
    this.handle({ type: 'frame', connection, bytes });
  }

  closed(connection: number, code: number, reason: string): void {
    this.handle({ type: 'closed', connection, code, reason });
  }

  /** The power is gone, in the middle of whatever: nothing is done any more, not even what was to be sent. */
  powerOff(): void {
    this.#alive = false;
  }

  /** The machine is gone: nothing of it runs any more. Its disk stays. */
  kill(): void {
    this.#alive = false;
    this.#ground.network.unplug(this);
    this.#alarm.set(undefined);
    this.#replica.database.close();
  }

  /** Does nothing for so many ms. Afterwards timers come first, as in a browser, with what they commit; then what has arrived. */
  freeze(ms: number): void {
    const missed: ClientEvent[] = (this.#missed = []);
    this.#ground.time.after(ms, () => {
      this.#missed = undefined;
      const timers = [{ type: 'tick' as const }, { type: 'committed' as const }];
      for (const event of [...timers, ...missed]) this.handle(event);
    });
  }

  handle(event: ClientEvent): void {
    if (!this.#alive || this.#retired) return;
    if (this.#missed !== undefined) {
      this.#missed.push(event);
      return;
    }
    const { network } = this.#ground;
    for (const effect of this.#effectsOf(event)) {
      if (this.#isDown()) return;
      switch (effect.type) {
        case 'connect':
          network.connect(this, effect.connection);
          break;
        case 'send':
          network.sendFromClient(this, effect.connection, effect.frame);
          break;
        case 'close':
          network.closeFromClient(this, effect.connection);
          break;
        case 'wake':
          this.#alarm.set(effect.at);
          break;
        case 'reopen':
          this.#retired = true;
          break;
        case 'welcomed':
          this.onWelcomed(effect.backlog);
          break;
        case 'notice':
          this.notices.push(effect.notice);
          break;
        case 'state':
          this.shown.push(effect.state);
          this.onShown();
          break;
      }
    }
  }

  /** Asked anew after everything that may have cut the power. */
  #isDown(): boolean {
    return !this.#alive;
  }

  #effectsOf(event: ClientEvent): ClientEffect[] {
    try {
      return this.#client.handle(event);
    } catch (error) {
      if (this.#alive) throw error;
      return [];
    }
  }

  #createClient(): SyncClient {
    const { random, limits } = this.#ground;
    return new SyncClient({
      replica: this.#replica,
      clock: this.clock,
      random,
      database: DATABASE,
      limits,
      compressions: ['deflate'],
    });
  }
}

/** A server with one database. */
export class ServerMachine implements Endpoint {
  /** Whether it takes changes from whoever connects from now on. */
  takesChanges = true;
  readonly disk: MemoryFileSystem;
  readonly replica: Replica;
  readonly #ground: Ground;
  readonly #server: SyncServer;
  readonly #alarm: Alarm;
  #alive = true;
  /** Whether what frames have brought is about to be told. */
  #spreading = false;
  readonly closes: { code: number; reason: string; message: string }[] = [];
  /** Called after everything that was handled, for whoever keeps a record of what the server held. */
  onHandled: () => void = () => undefined;

  readonly clock: MachineClock;

  private constructor(ground: Ground, disk: MemoryFileSystem, replica: Replica, clock: MachineClock) {
    this.#ground = ground;
    this.disk = disk;
    this.replica = replica;
    this.clock = clock;
    const { random, limits } = ground;
    this.#server = new SyncServer({ replica, clock, random, limits });
    this.#alarm = new Alarm(ground.time, () => this.handle({ type: 'tick' }));
    ground.network.listen(this);
  }

  static async boot(ground: Ground, disk: MemoryFileSystem, schema = ground.schema): Promise<ServerMachine> {
    const clock = new MachineClock(ground.time);
    return new ServerMachine(ground, disk, await openReplica(disk, schema, clock, ground.random), clock);
  }

  get connections(): number {
    return this.#server.connections;
  }

  /** Writes as an administrator does, and tells the engine. */
  write(run: (database: Database) => void): void {
    this.replica.write(() => run(this.replica.database));
    this.handle({ type: 'committed' });
  }

  all(sql: string): Row[] {
    return this.replica.database.prepare(sql).all();
  }

  opened(connection: number): void {
    this.handle({ type: 'opened', connection, mayWrite: this.takesChanges });
  }

  frame(connection: number, bytes: Uint8Array): void {
    this.handle({ type: 'frame', connection, bytes, more: true });
    // As the real one does: what has arrived comes first, and what it has brought is told in one go.
    if (this.#spreading) return;
    this.#spreading = true;
    this.#ground.time.after(0, () => {
      this.#spreading = false;
      this.handle({ type: 'tick' });
    });
  }

  closed(connection: number): void {
    this.handle({ type: 'closed', connection });
  }

  /** The power is gone, in the middle of whatever: nothing is done any more, not even what was to be sent. */
  powerOff(): void {
    this.#alive = false;
  }

  kill(): void {
    this.#alive = false;
    this.#ground.network.listen(undefined);
    this.#alarm.set(undefined);
    this.replica.database.close();
  }

  handle(event: ServerEvent): void {
    if (!this.#alive) return;
    for (const effect of this.#effectsOf(event)) {
      if (this.#isDown()) return;
      switch (effect.type) {
        case 'send':
          this.#ground.network.sendFromServer(effect.connection, effect.frame);
          break;
        case 'close':
          this.closes.push(effect);
          this.#ground.network.closeFromServer(effect.connection, effect.code, effect.message);
          break;
        case 'wake':
          this.#alarm.set(effect.at);
          break;
      }
    }
    this.onHandled();
  }

  /** Asked anew after everything that may have cut the power. */
  #isDown(): boolean {
    return !this.#alive;
  }

  #effectsOf(event: ServerEvent): ServerEffect[] {
    try {
      return this.#server.handle(event);
    } catch (error) {
      if (this.#alive) throw error;
      return [];
    }
  }
}
