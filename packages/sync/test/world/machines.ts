import type { Database, Row } from '@octavo/crsqlite/database.ts';
import type { ClientEvent } from '../../src/client/events.ts';
import { SyncClient } from '../../src/client/sync-client.ts';
import type { SchemaVersion } from '../../src/environment.ts';
import { Replica } from '../../src/replica.ts';
import type { ServerEvent } from '../../src/server/events.ts';
import { SyncServer } from '../../src/server/sync-server.ts';
import type { SyncState } from '../../src/state.ts';
import type { Endpoint, Network } from './network.ts';
import { MachineClock, type SeededRandom, type VirtualTime } from './virtual-time.ts';

/** What every machine of a test world stands on. */
export interface Ground {
  time: VirtualTime;
  network: Network;
  random: SeededRandom;
  schema: SchemaVersion;
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

/** A browser: a replica, the client role, and the shell that joins them to the network. */
export class ClientMachine implements Endpoint {
  readonly clock: MachineClock;
  readonly replica: Replica;
  readonly #ground: Ground;
  readonly #client: SyncClient;
  readonly #alarm: Alarm;
  /** Every state that was shown, in order. */
  readonly shown: SyncState[] = [];

  constructor(ground: Ground, database: Database) {
    this.#ground = ground;
    this.clock = new MachineClock(ground.time);
    this.replica = Replica.open(database, ground.random);
    this.#client = new SyncClient({
      replica: this.replica,
      clock: this.clock,
      random: ground.random,
      schema: ground.schema,
      database: 'shop.sqlite3',
    });
    this.#alarm = new Alarm(ground.time, () => this.handle({ type: 'tick' }));
  }

  get state(): SyncState {
    return this.#client.state;
  }

  get status(): SyncState['status'] {
    return this.#client.state.status;
  }

  /** Writes as the application does, and tells the engine. */
  write(run: (database: Database) => void): void {
    this.replica.write(() => run(this.replica.database));
    this.handle({ type: 'committed' });
  }

  all(sql: string): Row[] {
    return this.replica.database.prepare(sql).all();
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

  /** The machine is gone: nothing of it runs any more. The database file stays. */
  kill(): void {
    this.#ground.network.unplug(this);
    this.#alarm.set(undefined);
    this.replica.database.close();
  }

  handle(event: ClientEvent): void {
    const { network } = this.#ground;
    for (const effect of this.#client.handle(event)) {
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
        case 'state':
          this.shown.push(effect.state);
          break;
      }
    }
  }
}

/** A server with one database. */
export class ServerMachine implements Endpoint {
  readonly replica: Replica;
  readonly #ground: Ground;
  readonly #server: SyncServer;
  readonly #alarm: Alarm;
  readonly closes: { code: number; reason: string; message: string }[] = [];

  constructor(ground: Ground, database: Database, schema = ground.schema) {
    this.#ground = ground;
    this.replica = Replica.open(database, ground.random);
    this.#server = new SyncServer({ replica: this.replica, schema, clock: new MachineClock(ground.time) });
    this.#alarm = new Alarm(ground.time, () => this.handle({ type: 'tick' }));
    ground.network.listen(this);
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
    this.handle({ type: 'opened', connection });
  }

  frame(connection: number, bytes: Uint8Array): void {
    this.handle({ type: 'frame', connection, bytes });
  }

  closed(connection: number): void {
    this.handle({ type: 'closed', connection });
  }

  kill(): void {
    this.#ground.network.listen(undefined);
    this.#alarm.set(undefined);
    this.replica.database.close();
  }

  handle(event: ServerEvent): void {
    for (const effect of this.#server.handle(event)) {
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
  }
}
