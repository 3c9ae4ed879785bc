import { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import { schema as current } from '@octavo/shop/schema.ts';
import type { Schema } from '../../src/environment.ts';
import type { ServerMachine } from '../world/machines.ts';
import { restoredDisk, rewoundDisk } from '../world/server-copies.ts';
import { upgradedSchema } from '../world/upgraded-schema.ts';
import type { World } from '../world/world.ts';
import { afterPowerCut, cutPowerWithin } from './power.ts';
import type { Seat } from './seat.ts';
import { Violation } from './violation.ts';
import type { Watch } from './watch.ts';

/** A client that can reach another shop must say so by then [LT-6]. */
const REFUSAL_SHOWN_MS = 10_000;

/** Where the server stands: its disk, the copies of it, and at times another shop in its place. */
export class ServerRoom {
  readonly #world: World;
  readonly #watch: Watch;
  readonly #backups: MemoryFileSystem[] = [];
  #machine: ServerMachine | undefined;
  #disk = new MemoryFileSystem();
  #schema: Schema = current;
  #left: MemoryFileSystem | undefined;
  #callOff: () => void = () => undefined;
  #impostor: { machine: ServerMachine; since: number; seats: Map<Seat, number> } | undefined;

  constructor(world: World, watch: Watch) {
    this.#world = world;
    this.#watch = watch;
  }

  /** The shop's own server; undefined while it is down. */
  get machine(): ServerMachine | undefined {
    return this.#machine;
  }

  get schema(): Schema {
    return this.#schema;
  }

  get lostPower(): boolean {
    return this.#left !== undefined;
  }

  async start(): Promise<void> {
    if (this.#machine !== undefined) return;
    this.#dismissImpostor();
    this.#machine = await this.#world.server(this.#disk, this.#schema);
    this.#watch.serverStarted(this.#machine);
  }

  crash(salt: number): void {
    this.#stop(afterPowerCut(this.#disk, salt), true);
  }

  cutPowerWithin(operations: number, salt: number): void {
    const machine = this.#machine;
    if (machine === undefined) return;
    this.#callOff = cutPowerWithin(this.#disk, operations, salt, (disk) => {
      machine.powerOff();
      this.#left = disk;
      this.#watch.serverGone(this.#watch.server);
    });
  }

  callOffPowerCut(): void {
    this.#callOff();
  }

  /** After a power cut: the machine is gone, its disk is what was left. */
  clearUp(): void {
    if (this.#left === undefined) return;
    this.#callOff();
    this.#machine?.kill();
    this.#machine = undefined;
    this.#disk = this.#left;
    this.#left = undefined;
  }

  backUp(): void {
    this.#backups.push(this.#disk.clone());
  }

  async restore(which: number): Promise<void> {
    const backup = this.#backups[which % Math.max(1, this.#backups.length)];
    if (backup === undefined) return;
    // As a file that was copied into place by hand, or as the command line does it.
    this.#stop(which % 2 === 0 ? backup.clone() : await restoredDisk(backup), false);
    await this.start();
  }

  async upgrade(): Promise<void> {
    if (this.#schema === upgradedSchema) return;
    this.#schema = upgradedSchema;
    this.#stop(this.#disk.clone(), true);
    await this.start();
  }

  async letAnotherShopAnswer(): Promise<void> {
    if (this.#impostor !== undefined) return;
    this.#stop(this.#disk.clone(), true);
    const machine = await this.#world.server(await this.#diskOfAnotherShop(), this.#schema);
    const since = this.#world.time.now;
    this.#impostor = { machine, since, seats: new Map() };
    this.#watch.impostor(since);
  }

  /** One that was set up anew, or an older state of this one that somebody went back to on purpose [WO-3]. */
  async #diskOfAnotherShop(): Promise<MemoryFileSystem> {
    const backup = this.#backups.at(-1);
    if (backup === undefined) return new MemoryFileSystem();
    return rewoundDisk(backup, { random: this.#world.ground.random, takenBackTo: this.#world.time.now });
  }

  /** Whoever reaches another shop for a while shows that it is another one. */
  expectRefusals(seats: readonly Seat[]): void {
    if (this.#impostor === undefined) return;
    const { now } = this.#world.time;
    for (const seat of seats) {
      const { status } = seat.machine.state;
      const ahead = seat.schema.version > this.#schema.version;
      if (
        !seat.reachable ||
        seat.machine.replica.lineage() === undefined ||
        status === 'incompatible' ||
        ahead
      ) {
        this.#impostor.seats.set(seat, now);
        continue;
      }
      const since = this.#impostor.seats.get(seat) ?? now;
      this.#impostor.seats.set(seat, since);
      if (now - since > REFUSAL_SHOWN_MS)
        throw new Violation(
          `[LT-6] Another shop answers, and after ${now - since} ms a client is ${status}.`,
        );
    }
  }

  /** The server is stopped and its disk exchanged. */
  #stop(disk: MemoryFileSystem, keepsAll: boolean): void {
    this.#callOff();
    if (this.#machine !== undefined) {
      this.#watch.look();
      this.#watch.serverGone(keepsAll ? this.#watch.server : undefined);
      this.#machine.kill();
    } else if (!keepsAll) {
      this.#watch.serverGone(undefined);
    }
    this.#machine = undefined;
    this.#disk = disk;
  }

  #dismissImpostor(): void {
    this.#impostor?.machine.kill();
    this.#impostor = undefined;
    this.#watch.impostor(undefined);
  }
}
