import type { VirtualTime } from './virtual-time.ts';

/** What a machine hears of a connection. */
export interface Endpoint {
  opened(connection: number): void;
  frame(connection: number, bytes: Uint8Array): void;
  closed(connection: number, code: number, reason: string): void;
}

interface Wire {
  client: Endpoint;
  clientConnection: number;
  server: Endpoint;
  serverConnection: number;
  /** What a half-open wire holds back. A transport keeps the order or ends; it never leaves something out. */
  held: (() => void)[];
}

/** Close code of a transport that ended without a word. */
const ABNORMAL = 1006;
const LATENCY_MS = 5;

/** Carries frames between clients and one server, in order and with a delay; can be cut, and can go silent. */
export class Network {
  readonly #time: VirtualTime;
  #server: Endpoint | undefined;
  #wires: Wire[] = [];
  #connections = 0;
  /** Machines whose cable is pulled: every connection of theirs ends, and none comes up. */
  readonly #unplugged = new Set<Endpoint>();
  /** Machines whose connections stay open and carry nothing. */
  readonly #halfOpen = new Set<Endpoint>();
  frames = 0;
  bytes = 0;
  /** Called for every frame that is sent, by whoever wants to look. */
  onFrame: (bytes: Uint8Array) => void = () => undefined;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** How many have been made. */
  get connections(): number {
    return this.#connections;
  }

  /** The machine that answers; undefined while the server is down. */
  listen(server: Endpoint | undefined): void {
    this.#server = server;
    if (server === undefined) for (const wire of [...this.#wires]) this.#cut(wire);
  }

  unplug(machine: Endpoint): void {
    this.#unplugged.add(machine);
    for (const wire of this.#wires.filter((candidate) => candidate.client === machine)) this.#cut(wire);
  }

  /** The cable is back; what a half-open connection held comes now, late. */
  plug(machine: Endpoint): void {
    this.#unplugged.delete(machine);
    this.#halfOpen.delete(machine);
    for (const wire of this.#wires.filter((candidate) => candidate.client === machine)) {
      for (const deliver of wire.held.splice(0)) this.#deliver(wire, deliver);
    }
  }

  silence(machine: Endpoint): void {
    this.#halfOpen.add(machine);
  }

  connect(client: Endpoint, connection: number): void {
    this.#time.after(LATENCY_MS, () => {
      const server = this.#server;
      if (server === undefined || this.#unplugged.has(client)) {
        client.closed(connection, ABNORMAL, '');
        return;
      }
      this.#connections += 1;
      const wire: Wire = {
        client,
        clientConnection: connection,
        server,
        serverConnection: this.#connections,
        held: [],
      };
      this.#wires.push(wire);
      server.opened(wire.serverConnection);
      client.opened(connection);
    });
  }

  sendFromClient(client: Endpoint, connection: number, bytes: Uint8Array): void {
    const wire = this.#wires.find(
      (candidate) => candidate.client === client && candidate.clientConnection === connection,
    );
    if (wire !== undefined) this.#carry(wire, bytes, () => wire.server.frame(wire.serverConnection, bytes));
  }

  sendFromServer(connection: number, bytes: Uint8Array): void {
    const wire = this.#wires.find((candidate) => candidate.serverConnection === connection);
    if (wire !== undefined) this.#carry(wire, bytes, () => wire.client.frame(wire.clientConnection, bytes));
  }

  closeFromClient(client: Endpoint, connection: number): void {
    const wire = this.#wires.find(
      (candidate) => candidate.client === client && candidate.clientConnection === connection,
    );
    if (wire === undefined) return;
    this.#drop(wire);
    this.#time.after(LATENCY_MS, () => wire.server.closed(wire.serverConnection, ABNORMAL, ''));
  }

  closeFromServer(connection: number, code: number, reason: string): void {
    const wire = this.#wires.find((candidate) => candidate.serverConnection === connection);
    if (wire === undefined) return;
    // Frames sent before the close arrive before it.
    this.#time.after(LATENCY_MS, () => {
      this.#drop(wire);
      wire.client.closed(wire.clientConnection, code, reason);
    });
  }

  #carry(wire: Wire, bytes: Uint8Array, deliver: () => void): void {
    this.frames += 1;
    this.bytes += bytes.length;
    this.onFrame(bytes);
    this.#deliver(wire, deliver);
  }

  #deliver(wire: Wire, deliver: () => void): void {
    this.#time.after(LATENCY_MS, () => {
      if (!this.#wires.includes(wire)) return;
      if (this.#halfOpen.has(wire.client)) wire.held.push(deliver);
      else deliver();
    });
  }

  #cut(wire: Wire): void {
    this.#drop(wire);
    wire.client.closed(wire.clientConnection, ABNORMAL, '');
    wire.server.closed(wire.serverConnection, ABNORMAL, '');
  }

  #drop(wire: Wire): void {
    this.#wires = this.#wires.filter((candidate) => candidate !== wire);
  }
}
