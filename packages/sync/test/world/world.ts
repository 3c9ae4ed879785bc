import { openMemory } from '@octavo/crsqlite/memory.ts';
import { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import type { Database } from '@octavo/crsqlite/database.ts';
import { migrate, schema } from '@octavo/shop/schema.ts';
import { ClientMachine, type Ground, ServerMachine } from './machines.ts';
import { Network } from './network.ts';
import { SeededRandom, VirtualTime } from './virtual-time.ts';

const DATABASE = 'shop.sqlite3';

/** A machine's disk: what is on it outlives the machine. */
export type Disk = MemoryFileSystem;

/** One server and any number of clients over the real shop schema, in virtual time. */
export class World {
  readonly time = new VirtualTime();
  readonly network = new Network(this.time);
  readonly ground: Ground;

  constructor(seed = 1) {
    this.ground = { time: this.time, network: this.network, random: new SeededRandom(seed), schema };
  }

  disk(): Disk {
    return new MemoryFileSystem();
  }

  async server(disk = this.disk()): Promise<ServerMachine> {
    return new ServerMachine(this.ground, await open(disk));
  }

  async client(disk = this.disk()): Promise<ClientMachine> {
    return new ClientMachine(this.ground, await open(disk));
  }
}

async function open(disk: Disk): Promise<Database> {
  const database = await openMemory({ fileSystem: disk, name: DATABASE });
  migrate(database);
  return database;
}
