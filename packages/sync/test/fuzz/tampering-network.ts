import type { Endpoint } from '../world/network.ts';
import { Network } from '../world/network.ts';

/** Somebody on the line: gets every frame and decides which frames arrive instead. */
export interface Tap {
  toServer(connection: number, frame: Uint8Array): readonly Uint8Array[];
  toClient(connection: number, frame: Uint8Array): readonly Uint8Array[];
}

/** A network on which somebody may sit on a machine's line. */
export class TamperingNetwork extends Network {
  readonly #taps = new Map<Endpoint, TappedEnd>();
  sentByServer = 0;
  connects = 0;

  /** From now on; `undefined` leaves the line alone again. A machine's first tap comes before its first connection. */
  tap(machine: Endpoint, tap: Tap | undefined): void {
    const end = this.#taps.get(machine);
    if (end === undefined) this.#taps.set(machine, new TappedEnd(machine, tap));
    else end.tap = tap;
  }

  override connect(client: Endpoint, connection: number): void {
    this.connects += 1;
    super.connect(this.#end(client), connection);
  }

  override sendFromClient(client: Endpoint, connection: number, bytes: Uint8Array): void {
    const tap = this.#taps.get(client)?.tap;
    for (const frame of tap?.toServer(connection, bytes) ?? [bytes])
      super.sendFromClient(this.#end(client), connection, frame);
  }

  override sendFromServer(connection: number, bytes: Uint8Array): void {
    this.sentByServer += 1;
    super.sendFromServer(connection, bytes);
  }

  override closeFromClient(client: Endpoint, connection: number): void {
    super.closeFromClient(this.#end(client), connection);
  }

  #end(client: Endpoint): Endpoint {
    return this.#taps.get(client) ?? client;
  }
}

/** A machine's end of its line, in front of the machine. */
class TappedEnd implements Endpoint {
  readonly #machine: Endpoint;
  tap: Tap | undefined;

  constructor(machine: Endpoint, tap: Tap | undefined) {
    this.#machine = machine;
    this.tap = tap;
  }

  opened(connection: number): void {
    this.#machine.opened(connection);
  }

  frame(connection: number, bytes: Uint8Array): void {
    for (const frame of this.tap?.toClient(connection, bytes) ?? [bytes])
      this.#machine.frame(connection, frame);
  }

  closed(connection: number, code: number, reason: string): void {
    this.#machine.closed(connection, code, reason);
  }
}
