import { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import type { ClientMachine, ServerMachine } from '../world/machines.ts';
import { SeededRandom } from '../world/virtual-time.ts';
import { World } from '../world/world.ts';
import type { Action } from './actions.ts';
import { type Cells, missing, readCells, union } from './cells.ts';
import { Violation } from './violation.ts';
import { Watch } from './watch.ts';
import { perform } from './workload.ts';

/** Virtual time that everything gets to become level in the end. */
const QUIESCENCE_MS = 180_000;
const MAX_CLIENTS = 5;

/** A client and the copies of its disk that were put aside. */
interface Seat {
  machine: ClientMachine;
  plugged: boolean;
  on: boolean;
  backups: MemoryFileSystem[];
}

/**
 * One run of the world: clients that write, a server, and everything that can happen to them, with every promise
 * checked whenever something was shown and at the end. Throws {@link Violation}.
 */
export class Simulation {
  readonly #world: World;
  readonly #watch: Watch;
  readonly #seats: Seat[] = [];
  readonly #serverBackups: MemoryFileSystem[] = [];
  #server: ServerMachine | undefined;
  #serverDisk = new MemoryFileSystem();

  constructor(seed: number) {
    this.#world = new World(seed);
    this.#watch = new Watch(this.#world.time);
  }

  async run(actions: readonly Action[], trace: (line: string) => void): Promise<void> {
    await this.#startServer();
    for (let count = 0; count < 3; count += 1) await this.#sit(new MemoryFileSystem());
    await this.#world.pass(100);
    for (const action of actions) {
      trace(`${this.#world.time.now.toFixed(1)} ${JSON.stringify(action)}`);
      await this.#act(action);
      this.#check();
    }
    trace('quiescence');
    await this.#settle();
  }

  async #act(action: Action): Promise<void> {
    switch (action.kind) {
      case 'write':
        this.#seat(action.client).machine.write((database) => perform(database, action.what, action.salt));
        return;
      case 'write-at-server':
        this.#server?.write((database) => perform(database, action.what, action.salt));
        return;
      case 'unplug':
        this.#seat(action.client).plugged = false;
        this.#world.network.unplug(this.#seat(action.client).machine);
        return;
      case 'plug':
        this.#seat(action.client).plugged = true;
        this.#world.network.plug(this.#seat(action.client).machine);
        return;
      case 'silence':
        this.#world.network.silence(this.#seat(action.client).machine);
        return;
      case 'switch':
        this.#seat(action.client).on = action.on;
        this.#seat(action.client).machine.handle({ type: action.on ? 'start' : 'stop' });
        return;
      case 'crash-client': {
        const seat = this.#seat(action.client);
        await this.#replace(seat, afterCrash(seat.machine.disk, action.salt), 'must keep what it had');
        return;
      }
      case 'crash-server':
        this.#stopServer(afterCrash(this.#serverDisk, action.salt), 'must keep what it had');
        return;
      case 'start-server':
        if (this.#server === undefined) await this.#startServer();
        return;
      case 'backup-server':
        this.#serverBackups.push(this.#serverDisk.clone());
        return;
      case 'restore-server': {
        const backup = this.#serverBackups[action.which % Math.max(1, this.#serverBackups.length)];
        if (backup === undefined) return;
        this.#stopServer(backup.clone(), 'may have lost something');
        await this.#startServer();
        return;
      }
      case 'backup-client':
        this.#seat(action.client).backups.push(this.#seat(action.client).machine.disk.clone());
        return;
      case 'restore-client': {
        const seat = this.#seat(action.client);
        const backup = seat.backups[action.which % Math.max(1, seat.backups.length)];
        if (backup !== undefined) await this.#replace(seat, backup.clone(), 'may have lost something');
        return;
      }
      case 'clone-client':
        if (this.#seats.length < MAX_CLIENTS) await this.#sit(this.#seat(action.client).machine.disk.clone());
        return;
      case 'jump-clock':
        this.#seat(action.client).machine.clock.jump(action.ms);
        return;
      case 'pass':
        await this.#world.pass(action.ms);
        return;
    }
  }

  /** Everything is well again: all must become green, and equal, and nothing that existed anywhere may be gone. */
  async #settle(): Promise<void> {
    if (this.#server === undefined) await this.#startServer();
    const before = this.#everything();
    for (const seat of this.#seats) {
      this.#world.network.plug(seat.machine);
      seat.machine.handle({ type: 'network', online: true });
      seat.machine.handle({ type: 'start' });
    }
    const level = (): boolean => {
      this.#check();
      const [first, ...others] = this.#replicas();
      return (
        this.#seats.every(({ machine }) => machine.status === 'synced') &&
        first !== undefined &&
        others.every((other) => missing(first, other) === undefined && missing(other, first) === undefined)
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
    for (const cells of this.#replicas()) {
      const lost = missing(before, cells);
      if (lost !== undefined) throw new Violation(`Something that existed is gone: ${lost}`);
    }
  }

  #everything(): Cells {
    return this.#replicas().reduce(union, new Map());
  }

  #replicas(): Cells[] {
    const clients = this.#seats.map(({ machine }) => readCells(machine.replica));
    return this.#server === undefined ? clients : [readCells(this.#server.replica), ...clients];
  }

  #check(): void {
    this.#watch.look();
  }

  #describe(): string {
    return this.#seats.map(({ machine }) => JSON.stringify(machine.state)).join(' ');
  }

  #seat(index: number): Seat {
    const seat = this.#seats[index % this.#seats.length];
    if (seat === undefined) throw new Error('Nobody is there.');
    return seat;
  }

  async #sit(disk: MemoryFileSystem): Promise<void> {
    const machine = await this.#world.client(disk);
    this.#seats.push({ machine, plugged: true, on: true, backups: [] });
    this.#watch.client(machine, undefined);
  }

  async #replace(seat: Seat, disk: MemoryFileSystem, expectation: Expectation): Promise<void> {
    const before = expectation === 'must keep what it had' ? readCells(seat.machine.replica) : undefined;
    const old = seat.machine;
    old.kill();
    this.#watch.gone(old);
    seat.machine = await this.#world.offlineClient(disk);
    if (!seat.plugged) this.#world.network.unplug(seat.machine);
    this.#watch.client(seat.machine, before);
    if (seat.on) seat.machine.handle({ type: 'start' });
  }

  #stopServer(disk: MemoryFileSystem, expectation: Expectation): void {
    if (this.#server !== undefined) {
      this.#watch.serverGone(
        expectation === 'must keep what it had' ? readCells(this.#server.replica) : undefined,
      );
      this.#server.kill();
    } else if (expectation === 'may have lost something') {
      this.#watch.serverGone(undefined);
    }
    this.#server = undefined;
    this.#serverDisk = disk;
  }

  async #startServer(): Promise<void> {
    this.#server = await this.#world.server(this.#serverDisk);
    this.#watch.server(this.#server);
  }
}

type Expectation = 'must keep what it had' | 'may have lost something';

/** The disk after a power cut: what was synced, and of what was not, what chance left. */
function afterCrash(disk: MemoryFileSystem, salt: number): MemoryFileSystem {
  const random = new SeededRandom(salt);
  return disk.snapshotDurable(() => random.fraction() < 0.5);
}
