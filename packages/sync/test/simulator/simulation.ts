import { SqliteError } from '@octavo/crsqlite/errors.ts';
import { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import type { StretchLimits } from '../../src/storage/log-stretch.ts';
import { BATCH_LIMITS } from '../../src/stream/outbound.ts';
import { upgradedSchema } from '../world/upgraded-schema.ts';
import { World } from '../world/world.ts';
import type { Action } from './actions.ts';
import { beforeUpgrade, type Cells, missing, readCells, union } from './cells.ts';
import { Coverage } from './coverage.ts';
import { Seat } from './seat.ts';
import { ServerRoom } from './server-room.ts';
import { Violation } from './violation.ts';
import { Watch } from './watch.ts';
import { perform } from './workload.ts';

/** Virtual time that everything gets to become level in the end. */
const QUIESCENCE_MS = 180_000;
const MAX_CLIENTS = 5;
/** Far more than a world has restores times clients: beyond it somebody goes round in a circle. */
const MAX_REWINDS = 100;
/** Every third world has batches as they are; in the others small transactions are too large for one. */
const LIMITS: readonly StretchLimits[] = [
  BATCH_LIMITS,
  { bytes: 100_000, changes: 3 },
  { bytes: 300, changes: 20 },
];

/**
 * One run of the world: clients that write, a server, and everything that can happen to them, with every promise
 * checked whenever something was shown and at the end. Throws {@link Violation}.
 */
export class Simulation {
  readonly coverage = new Coverage();
  readonly #world: World;
  readonly #watch: Watch;
  readonly #room: ServerRoom;
  readonly #seats: Seat[] = [];

  constructor(seed: number) {
    this.#world = new World(seed, LIMITS[seed % LIMITS.length]);
    this.#watch = new Watch(this.#world.time);
    this.#room = new ServerRoom(this.#world, this.#watch);
    this.#world.network.onFrame = (bytes) => this.coverage.frame(bytes);
  }

  async run(actions: readonly Action[], trace: (line: string) => void): Promise<void> {
    await this.#room.start();
    for (let count = 0; count < 3; count += 1)
      this.#seats.push(await Seat.fill(this.#world, this.#watch, new MemoryFileSystem()));
    await this.#world.pass(100);
    for (const action of actions) {
      trace(`${this.#world.time.now.toFixed(1)} ${JSON.stringify(action)}`);
      this.coverage.count(`action ${action.kind}`);
      await this.#act(action);
      await this.#bringBackWhatLostPower();
      this.#watch.look();
      this.#room.expectRefusals(this.#seats);
    }
    trace('quiescence');
    await this.#settle();
    if (this.coverage.of('frame rewind') > MAX_REWINDS)
      throw new Violation(
        `${this.coverage.of('frame rewind')} rewinds: the same repair was asked for again and again.`,
      );
    for (const { machine } of this.#seats)
      for (const { kind } of machine.notices) this.coverage.count(`notice ${kind}`);
  }

  async #act(action: Action): Promise<void> {
    switch (action.kind) {
      case 'write': {
        const { machine } = this.#seat(action.client);
        this.#attempt(() => machine.write((database) => perform(database, action.what, action.salt)));
        return;
      }
      case 'write-at-server':
        this.#attempt(() =>
          this.#room.machine?.write((database) => perform(database, action.what, action.salt)),
        );
        return;
      case 'unplug':
        this.#seat(action.client).unplug();
        return;
      case 'plug':
        this.#seat(action.client).plug();
        return;
      case 'silence':
        this.#seat(action.client).silence();
        return;
      case 'switch':
        this.#seat(action.client).switch(action.on);
        return;
      case 'crash-client':
        await this.#seat(action.client).crash(action.salt);
        return;
      case 'crash-client-within':
        this.#seat(action.client).cutPowerWithin(action.operations, action.salt);
        return;
      case 'crash-server':
        this.#room.crash(action.salt);
        return;
      case 'crash-server-within':
        this.#room.cutPowerWithin(action.operations, action.salt);
        return;
      case 'start-server':
        await this.#room.start();
        return;
      case 'backup-server':
        this.#room.backUp();
        return;
      case 'restore-server':
        await this.#room.restore(action.which);
        return;
      case 'rebuild-server':
        await this.#room.letAnotherShopAnswer();
        return;
      case 'upgrade-server':
        await this.#room.upgrade();
        return;
      case 'backup-client':
        this.#seat(action.client).backUp();
        return;
      case 'restore-client':
        await this.#seat(action.client).restore(action.which);
        return;
      case 'clone-client':
        if (this.#seats.length < MAX_CLIENTS) this.#seats.push(await this.#seat(action.client).clone());
        return;
      case 'upgrade-client':
        await this.#seat(action.client).upgrade();
        return;
      case 'jump-clock':
        this.#seat(action.client).machine.clock.jump(action.ms);
        return;
      case 'jump-server-clock':
        this.#room.machine?.clock.jump(action.ms);
        return;
      case 'pass':
        await this.#world.pass(action.ms);
        return;
    }
  }

  /** A write of the application, which fails when the power goes in the middle of it. */
  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof SqliteError) || !this.#someLostPower()) throw error;
    }
  }

  #someLostPower(): boolean {
    return this.#room.lostPower || this.#seats.some(({ lostPower }) => lostPower);
  }

  async #bringBackWhatLostPower(): Promise<void> {
    for (const seat of this.#seats) {
      if (!seat.lostPower) continue;
      this.coverage.count('power lost by a client');
      await seat.bringBack();
    }
    if (!this.#room.lostPower) return;
    this.coverage.count('power lost by the server');
    this.#room.clearUp();
  }

  /**
   * Everything is well again: all must become green, and equal, and nothing that existed anywhere may be gone. Then what
   * was not upgraded is upgraded, and the same must be so again.
   */
  async #settle(): Promise<void> {
    for (const seat of this.#seats) seat.callOffPowerCut();
    if (this.#seats.some(({ schema }) => schema === upgradedSchema)) await this.#room.upgrade();
    await this.#room.start();
    this.#room.callOffPowerCut();
    const before = this.#everything();
    await this.#becomeLevel(before);
    if (this.#room.schema !== upgradedSchema) return;
    for (const seat of this.#seats) await seat.upgrade();
    await this.#becomeLevel(before);
  }

  async #becomeLevel(before: Cells): Promise<void> {
    for (const seat of this.#seats) seat.makeWell();
    const level = (): boolean => {
      this.#watch.look();
      return this.#seats.every(
        (seat) => seat.machine.status === 'synced' && this.#difference(seat) === undefined,
      );
    };
    try {
      // Green and equal, and still so a while later.
      await this.#world.pass(5_000);
      await this.#world.until(level, QUIESCENCE_MS);
      await this.#world.pass(5_000);
    } catch (cause) {
      if (cause instanceof Violation) throw cause;
      throw new Violation(`It did not become level: ${this.#describe()}`, { cause });
    }
    if (!level()) throw new Violation(`It did not stay level: ${this.#describe()}`);
    for (const seat of this.#seats) {
      const lost = missing(asKnownTo(seat, before), readCells(seat.machine.replica));
      if (lost !== undefined) throw new Violation(`Something that existed is gone: ${lost}`);
    }
  }

  /** What one of client and server has and the other has not, in words. */
  #difference(seat: Seat): string | undefined {
    const there = asKnownTo(seat, this.#watch.server);
    const here = readCells(seat.machine.replica);
    return missing(there, here) ?? missing(here, there);
  }

  #everything(): Cells {
    return this.#seats.map(({ machine }) => readCells(machine.replica)).reduce(union, this.#watch.server);
  }

  #describe(): string {
    return this.#seats
      .map((seat) => `${JSON.stringify(seat.machine.state)} ${this.#difference(seat) ?? 'level'}`)
      .join('; ');
  }

  #seat(index: number): Seat {
    const seat = this.#seats[index % this.#seats.length];
    if (seat === undefined) throw new Error('Nobody is there.');
    return seat;
  }
}

function asKnownTo({ schema }: Seat, cells: Cells): Cells {
  return schema === upgradedSchema ? cells : beforeUpgrade(cells);
}
