import { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import { closeReasonByCode } from '@octavo/protocol/close-codes.ts';
import { toHex } from '@octavo/protocol/identity.ts';
import { MAX_BATCHES_IN_FLIGHT } from '@octavo/protocol/limits.ts';
import { Violation } from '../simulator/violation.ts';
import { ClientMachine, type Ground, ServerMachine } from '../world/machines.ts';
import type { Endpoint } from '../world/network.ts';
import type { VirtualTime } from '../world/virtual-time.ts';
import { World } from '../world/world.ts';
import { TABLES } from './shop-work.ts';
import { TamperingNetwork } from './tampering-network.ts';

/** For each open connection: a full window, and an answer, a pong and an empty batch. */
const MOST_ANSWERS = MAX_BATCHES_IN_FLIGHT + 4;
/** Real time that one frame may take: far more than any, far less than a loop without end. */
const FRAME_LIMIT_MS = 5_000;

/** A server and clients over the real shop schema, on lines that can be tampered with. */
export class FuzzWorld {
  readonly ground: Ground;
  readonly time: VirtualTime;
  readonly network: TamperingNetwork;
  readonly server: ServerMachine;
  readonly #clients: ClientMachine[] = [];

  private constructor(network: TamperingNetwork, ground: Ground, server: ServerMachine) {
    this.network = network;
    this.time = ground.time;
    this.ground = ground;
    this.server = server;
    network.listen(new ExaminedServer(server, network));
  }

  static async create(seed: number): Promise<FuzzWorld> {
    const plain = new World(seed);
    const network = new TamperingNetwork(plain.time);
    const ground = { ...plain.ground, network };
    return new FuzzWorld(network, ground, await ServerMachine.boot(ground, new MemoryFileSystem()));
  }

  /** A client that waits to be started. */
  async client(): Promise<ClientMachine> {
    const client = await ClientMachine.boot(this.ground, new MemoryFileSystem());
    this.#clients.push(client);
    return client;
  }

  /** Lets so much time pass, opening files again where the engine wants it. */
  async pass(ms: number): Promise<void> {
    const end = this.time.now + ms;
    while (this.time.now < end) {
      this.#advance(() => false, end);
      await this.#reopen();
    }
  }

  /** @throws Violation when something still does not hold after `limit` ms. */
  async until(condition: () => boolean, limit: number, say: () => string): Promise<void> {
    const end = this.time.now + limit;
    while (!condition()) {
      if (this.time.now >= end) throw new Violation(`${say()}, after ${limit} ms.`);
      this.#advance(condition, end);
      await this.#reopen();
    }
  }

  /** Lets time pass up to a moment, until something holds, or until somebody's file wants to be opened again. */
  #advance(condition: () => boolean, end: number): void {
    const cancel = this.time.after(end - this.time.now, () => undefined);
    this.time.until(() => condition() || this.time.now >= end || this.#retired() !== undefined, Infinity);
    cancel();
  }

  async #reopen(): Promise<void> {
    await this.#retired()?.reopen();
  }

  #retired(): ClientMachine | undefined {
    return this.#clients.find((client) => client.retired);
  }

  /** @throws Violation unless a client and the server hold the same, and both files are sound. */
  compare(client: ClientMachine): void {
    for (const table of TABLES) {
      const all = `SELECT * FROM ${table} ORDER BY 1, 2, 3, 4`;
      if (JSON.stringify(client.all(all)) !== JSON.stringify(this.server.all(all)))
        throw new Violation(`The client and the server differ in ${table}.`);
    }
    for (const { all } of [client, this.server].map((machine) => ({ all: machine.all.bind(machine) }))) {
      const said = JSON.stringify(all('PRAGMA integrity_check'));
      if (said !== '[{"integrity_check":"ok"}]') throw new Violation(`A file is damaged: ${said}`);
    }
  }
}

/** Stands before the server and looks at what each single frame makes it do. */
class ExaminedServer implements Endpoint {
  readonly #server: ServerMachine;
  readonly #network: TamperingNetwork;

  constructor(server: ServerMachine, network: TamperingNetwork) {
    this.#server = server;
    this.#network = network;
  }

  opened(connection: number): void {
    this.#server.opened(connection);
  }

  closed(connection: number): void {
    this.#server.closed(connection);
  }

  frame(connection: number, bytes: Uint8Array): void {
    const { connections, closes } = this.#server;
    const [sent, closed] = [this.#network.sentByServer, closes.length];
    const begun = performance.now();
    try {
      this.#server.frame(connection, bytes);
    } catch (error) {
      throw new Violation(
        `The server threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\nat the frame ${toHex(bytes)}`,
      );
    }
    const elapsed = performance.now() - begun;
    if (elapsed > FRAME_LIMIT_MS)
      throw new Violation(`One frame took ${elapsed.toFixed(0)} ms: ${toHex(bytes)}`);
    const answers = this.#network.sentByServer - sent;
    if (answers > MOST_ANSWERS * connections)
      throw new Violation(`One frame was answered by ${answers}: ${toHex(bytes)}`);
    for (const { code, reason } of closes.slice(closed)) {
      if (closeReasonByCode(code) !== reason)
        throw new Violation(`Closed with ${code} for "${reason}", at ${toHex(bytes)}`);
    }
  }
}
