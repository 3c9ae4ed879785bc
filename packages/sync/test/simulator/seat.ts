import type { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import { schema as current } from '@octavo/shop/schema.ts';
import type { Schema } from '../../src/environment.ts';
import type { ClientMachine } from '../world/machines.ts';
import { upgradedSchema } from '../world/upgraded-schema.ts';
import type { World } from '../world/world.ts';
import type { Cells } from './cells.ts';
import { afterPowerCut, cutPowerWithin } from './power.ts';
import type { Watch } from './watch.ts';

/** What a machine that comes back must hold. */
type Expectation = 'must keep what it had' | 'may have lost something';

/** A place where somebody works: a machine, which may be replaced, and the copies of its disk that were put aside. */
export class Seat {
  readonly #world: World;
  readonly #watch: Watch;
  readonly #backups: MemoryFileSystem[] = [];
  #machine: ClientMachine;
  #schema: Schema;
  #plugged = true;
  #on = true;
  /** The disk as a power cut has left it, until the machine is brought back, and what it must still hold. */
  #left: { disk: MemoryFileSystem; expected: Cells | undefined } | undefined;
  #callOff: () => void = () => undefined;

  private constructor(world: World, watch: Watch, machine: ClientMachine, schema: Schema) {
    this.#world = world;
    this.#watch = watch;
    this.#machine = machine;
    this.#schema = schema;
  }

  /** Somebody sits down at a machine with this disk and switches sync on. */
  static async fill(
    world: World,
    watch: Watch,
    disk: MemoryFileSystem,
    schema: Schema = current,
  ): Promise<Seat> {
    const machine = await world.client(disk, schema);
    watch.client(machine, undefined);
    return new Seat(world, watch, machine, schema);
  }

  get machine(): ClientMachine {
    return this.#machine;
  }

  get schema(): Schema {
    return this.#schema;
  }

  get lostPower(): boolean {
    return this.#left !== undefined;
  }

  /** Connected to a network that carries something, and switched on. */
  get reachable(): boolean {
    return this.#plugged && this.#on && !this.#silenced;
  }

  #silenced = false;

  unplug(): void {
    this.#plugged = false;
    this.#world.network.unplug(this.#machine);
  }

  plug(): void {
    this.#plugged = true;
    this.#silenced = false;
    this.#world.network.plug(this.#machine);
  }

  silence(): void {
    this.#silenced = true;
    this.#world.network.silence(this.#machine);
  }

  switch(on: boolean): void {
    this.#on = on;
    this.#machine.handle({ type: on ? 'start' : 'stop' });
  }

  makeWell(): void {
    this.plug();
    this.#machine.handle({ type: 'network', online: true });
    this.switch(true);
  }

  async crash(salt: number): Promise<void> {
    await this.#replace(afterPowerCut(this.#machine.disk, salt), 'must keep what it had');
  }

  cutPowerWithin(operations: number, salt: number): void {
    const machine = this.#machine;
    this.#callOff = cutPowerWithin(machine.disk, operations, salt, (disk) => {
      machine.powerOff();
      this.#left = { disk, expected: this.#watch.gone(machine) };
    });
  }

  callOffPowerCut(): void {
    this.#callOff();
  }

  /** After a power cut. */
  async bringBack(): Promise<void> {
    if (this.#left === undefined) return;
    const { disk, expected } = this.#left;
    this.#left = undefined;
    await this.#boot(disk, expected);
  }

  backUp(): void {
    this.#backups.push(this.#machine.disk.clone());
  }

  async restore(which: number): Promise<void> {
    const backup = this.#backups[which % Math.max(1, this.#backups.length)];
    if (backup !== undefined) await this.#replace(backup.clone(), 'may have lost something');
  }

  async clone(): Promise<Seat> {
    return Seat.fill(this.#world, this.#watch, this.#machine.disk.clone(), this.#schema);
  }

  async upgrade(): Promise<void> {
    if (this.#schema === upgradedSchema) return;
    this.#schema = upgradedSchema;
    await this.#replace(this.#machine.disk.clone(), 'must keep what it had');
  }

  async #replace(disk: MemoryFileSystem, expectation: Expectation): Promise<void> {
    this.#watch.look();
    const held = this.#watch.gone(this.#machine);
    await this.#boot(disk, expectation === 'must keep what it had' ? held : undefined);
  }

  async #boot(disk: MemoryFileSystem, expected: Cells | undefined): Promise<void> {
    this.#callOff();
    this.#machine.kill();
    this.#machine = await this.#world.offlineClient(disk, this.#schema);
    this.#silenced = false;
    if (!this.#plugged) this.#world.network.unplug(this.#machine);
    this.#watch.client(this.#machine, expected);
    if (this.#on) this.#machine.handle({ type: 'start' });
  }
}
