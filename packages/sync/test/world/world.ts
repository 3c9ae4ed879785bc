import { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import { schema } from '@octavo/shop/schema.ts';
import type { Schema } from '../../src/environment.ts';
import { BATCH_LIMITS } from '../../src/stream/outbound.ts';
import { ClientMachine, type Ground, ServerMachine } from './machines.ts';
import { Network } from './network.ts';
import { SeededRandom, VirtualTime } from './virtual-time.ts';

/** One server and any number of clients over the real shop schema, in virtual time. */
export class World {
  readonly time = new VirtualTime();
  readonly network = new Network(this.time);
  readonly ground: Ground;
  readonly #clients: ClientMachine[] = [];

  /** Small `limits` make small transactions large: everything that happens between two batches happens more often. */
  constructor(seed = 1, limits = BATCH_LIMITS) {
    this.ground = { time: this.time, network: this.network, random: new SeededRandom(seed), schema, limits };
  }

  async server(disk = new MemoryFileSystem(), ofSchema: Schema = schema): Promise<ServerMachine> {
    return ServerMachine.boot(this.ground, disk, ofSchema);
  }

  /** A client with sync switched on. */
  async client(disk = new MemoryFileSystem(), ofSchema: Schema = schema): Promise<ClientMachine> {
    const client = await this.offlineClient(disk, ofSchema);
    client.handle({ type: 'start' });
    return client;
  }

  async offlineClient(disk = new MemoryFileSystem(), ofSchema: Schema = schema): Promise<ClientMachine> {
    const client = await ClientMachine.boot(this.ground, disk, ofSchema);
    this.#clients.push(client);
    return client;
  }

  /** Lets time pass until something holds, opening the files that the engine wants opened again on the way. */
  async until(condition: () => boolean, limit = 60_000): Promise<void> {
    const end = this.time.now + limit;
    while (true) {
      this.time.until(() => condition() || this.#retired() !== undefined, end - this.time.now);
      const retired = this.#retired();
      if (retired === undefined) return;
      await retired.reopen();
    }
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const end = this.time.now + ms;
    this.time.after(ms, () => undefined);
    await this.until(() => this.time.now >= end, ms);
  }

  #retired(): ClientMachine | undefined {
    return this.#clients.find((client) => client.retired);
  }
}
