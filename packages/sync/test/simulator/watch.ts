import type { ClientMachine, ServerMachine } from '../world/machines.ts';
import { upgradedSchema } from '../world/upgraded-schema.ts';
import type { VirtualTime } from '../world/virtual-time.ts';
import { beforeUpgrade, type Cells, missing, readCells, readOwnCells, rowsMissing } from './cells.ts';
import { Violation } from './violation.ts';
import { brokenPair } from './workload.ts';

/** What a replica held at a moment of virtual time. */
interface Snapshot {
  at: number;
  cells: Cells;
}

interface WatchedClient {
  machine: ClientMachine;
  /** How many of its shown states have been examined. */
  examined: number;
  /** What was the case when pending was last examined. */
  examinedPending: string;
  history: History;
}

/** Proofs are at most three seconds old; snapshots are kept a little longer. */
const HISTORY_MS = 10_000;

/** What one replica held, newest last: a new entry only when something was committed. */
class History {
  readonly #name: string;
  #snapshots: Snapshot[] = [];
  #head = -1n;

  constructor(name: string, expected: Cells | undefined) {
    this.#name = name;
    if (expected !== undefined) this.#snapshots.push({ at: -Infinity, cells: expected });
  }

  /** Looks at the replica now; what it held before must still be there or beaten. */
  record(now: number, replica: ClientMachine['replica']): void {
    const head = replica.head();
    if (head === this.#head) return;
    this.#head = head;
    const cells = readCells(replica);
    const last = this.#snapshots.at(-1);
    const lost = last === undefined ? undefined : missing(last.cells, cells);
    if (lost !== undefined) throw new Violation(`${this.#name} went back: ${lost}`);
    const pair = brokenPair(replica.database);
    if (pair !== undefined) throw new Violation(`[ST-2] ${this.#name} shows half of a transaction: ${pair}`);
    this.#snapshots.push({ at: now, cells });
    while ((this.#snapshots[1]?.at ?? now) < now - HISTORY_MS) this.#snapshots.shift();
  }

  /** What it held at a moment; the oldest known before that. */
  at(moment: number): Cells {
    return this.#snapshots.findLast((snapshot) => snapshot.at <= moment)?.cells ?? new Map();
  }

  get head(): bigint {
    return this.#head;
  }

  get latest(): Cells {
    return this.#snapshots.at(-1)?.cells ?? new Map();
  }
}

/** Looks over everybody's shoulder: whatever is shown must be true when it is shown. */
export class Watch {
  readonly #time: VirtualTime;
  #clients: WatchedClient[] = [];
  #serverMachine: ServerMachine | undefined;
  #serverHistory = new History('The server', undefined);
  #restoredAt = -Infinity;
  #expectedOfServer: Cells | undefined;
  #impostorSince: number | undefined;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  client(machine: ClientMachine, expected: Cells | undefined): void {
    this.#clients.push({
      machine,
      examined: 0,
      examinedPending: '',
      history: new History('A client', expected),
    });
    machine.onShown = () => this.look();
    this.look();
  }

  /** The machine is no more. Returns what it is known to have held. */
  gone(machine: ClientMachine): Cells | undefined {
    const left = this.#clients.find((client) => client.machine === machine);
    this.#clients = this.#clients.filter((client) => client !== left);
    return left?.history.latest;
  }

  serverStarted(machine: ServerMachine): void {
    this.#serverMachine = machine;
    this.#serverHistory = new History('The server', this.#expectedOfServer);
    machine.onHandled = () => this.#recordServer();
    this.look();
  }

  /** What the server is known to hold. */
  get server(): Cells {
    return this.#serverHistory.latest;
  }

  /** The server stopped. What it must still hold when it is back, or undefined when it may have lost something. */
  serverGone(expected: Cells | undefined): void {
    if (expected === undefined) this.#restoredAt = this.#time.now;
    this.#expectedOfServer = expected;
    this.#serverMachine = undefined;
  }

  /** Another shop answers in the server's place: nobody may be green from now on. */
  impostor(since: number | undefined): void {
    this.#impostorSince = since;
  }

  /** Records what everybody holds now, and examines every state that was shown since the last look. */
  look(): void {
    const now = this.#time.now;
    this.#recordServer();
    for (const client of this.#clients) {
      if (client.machine.retired) continue;
      client.history.record(now, client.machine.replica);
      for (const state of client.machine.shown.slice(client.examined)) {
        if (state.status === 'synced') this.#examineGreen(client, state.asOf);
        if (state.status === 'synced' || state.status === 'syncing')
          this.#examinePending(client, state.pending);
      }
      client.examined = client.machine.shown.length;
    }
  }

  #recordServer(): void {
    if (this.#serverMachine !== undefined)
      this.#serverHistory.record(this.#time.now, this.#serverMachine.replica);
  }

  /** Green is a proof with a date: what the server held then is here, what was written here by then is there. */
  #examineGreen(client: WatchedClient, asOf: number): void {
    const age = client.machine.clock.wall() - asOf;
    if (age < 0 || age > 3_000) throw new Violation(`[LT-2] A proof ${age} ms old is shown as green.`);
    const moment = this.#time.now - age;
    if (this.#impostorSince !== undefined && moment > this.#impostorSince)
      throw new Violation('[LT-6] Green, but another shop answers.');
    // A server that has just been put back to an older copy is not the one that gave the proof.
    if (moment <= this.#restoredAt) return;
    const atServer = this.#serverHistory.at(moment);
    const { schema } = client.machine.replica;
    const forClient = schema.version < upgradedSchema.version ? beforeUpgrade(atServer) : atServer;
    const notHere = missing(forClient, client.history.latest);
    if (notHere !== undefined)
      throw new Violation(`[LT-1] Green, but what the server held then is not here: ${notHere}`);
    const notThere = missing(client.history.at(moment), this.#serverHistory.latest);
    if (notThere !== undefined)
      throw new Violation(`[LT-1] Green, but what was here then is not at the server: ${notThere}`);
  }

  /** Whatever was written here and is not at the server is pending. */
  #examinePending(client: WatchedClient, pending: number): void {
    const { machine } = client;
    if (this.#serverMachine === undefined) return;
    const examined = `${machine.replica.head()} ${this.#serverHistory.head} ${pending}`;
    if (client.examinedPending === examined) return;
    client.examinedPending = examined;
    const unsent = rowsMissing(readOwnCells(machine.replica), this.#serverHistory.latest);
    if (pending < unsent)
      throw new Violation(`[OF-2] ${pending} records are pending, but ${unsent} are not at the server.`);
  }
}
