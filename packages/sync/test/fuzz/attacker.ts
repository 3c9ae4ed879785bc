import { decodeDownstream, decodeUpstream, encodeFrame } from '@octavo/protocol/frame.ts';
import { ID_BYTES, type SiteId } from '@octavo/protocol/identity.ts';
import type { Endpoint, Network } from '../world/network.ts';
import type { SeededRandom } from '../world/virtual-time.ts';
import { replaced } from './byte-mutation.ts';
import { bytesOf } from './chance.ts';
import { Tamperer, type TampererOptions } from './tamperer.ts';

export interface AttackerOptions {
  network: Network;
  random: SeededRandom;
  onTampered: TampererOptions['onTampered'];
}

/** Stands for the attacker's site id in what it has overheard. */
const NOBODY: SiteId = new Uint8Array(ID_BYTES).fill(0xab);
/** Acks and pings are most of what is said, and little of what there is to get wrong. */
const SMALL_TALK_BYTES = 16;
const SHARE_OF_SMALL_TALK = 0.2;
const SHARE_WITH_HELLO = 0.9;
const SHARE_FORGED = 0.6;

/**
 * Somebody with a connection and the real frames of others, under a new site id for each connection: sends them
 * damaged, out of place and again, mostly after a hello that is welcome.
 */
export class Attacker implements Endpoint {
  readonly #network: Network;
  readonly #random: SeededRandom;
  readonly #tamperer: Tamperer;
  #siteId: SiteId = NOBODY;
  #connections = 0;
  #state: 'away' | 'connecting' | 'connected' | 'gone' = 'away';
  /** What the server takes for what comes next. */
  #next = { batch: 1, after: 0n };
  /** How a new client says hello. */
  #hello: Uint8Array | undefined;

  constructor({ network, random, onTampered }: AttackerOptions) {
    this.#network = network;
    this.#random = random;
    this.#tamperer = new Tamperer({ random, decode: decodeUpstream, mayLie: true, onTampered });
  }

  /** Takes a real frame of a client, without the client's name: it has no identity but its own. */
  overhear(frame: Uint8Array, owner: SiteId): void {
    const anonymous = replaced(frame, owner, NOBODY);
    this.#hello ??= anonymous;
    if (frame.length < SMALL_TALK_BYTES && this.#random.fraction() > SHARE_OF_SMALL_TALK) return;
    this.#tamperer.remember(anonymous);
  }

  /** One thing that it does. */
  act(): void {
    switch (this.#state) {
      case 'connecting':
      case 'gone':
        return;
      case 'away':
        this.#state = 'connecting';
        this.#connections += 1;
        this.#siteId = bytesOf(this.#random, ID_BYTES);
        this.#network.connect(this, this.#connections);
        return;
      case 'connected': {
        const frame = this.#tamperer.any();
        if (frame !== undefined) this.#send(this.#worsened(this.#fitting(frame)));
      }
    }
  }

  /** For good. */
  leave(): void {
    this.#network.closeFromClient(this, this.#connections);
    this.#state = 'gone';
  }

  opened(connection: number): void {
    if (this.#state === 'gone') {
      this.#network.closeFromClient(this, connection);
      return;
    }
    this.#state = 'connected';
    this.#next = { batch: 1, after: 0n };
    if (this.#hello !== undefined && this.#random.fraction() < SHARE_WITH_HELLO) this.#send(this.#hello);
  }

  /** Learns where the server stands, so that what it sends next is taken for what comes next. */
  frame(_: number, bytes: Uint8Array): void {
    const message = decodeDownstream(bytes);
    if (message.type === 'welcome') this.#next.after = message.acknowledged;
    if (message.type === 'ack') this.#next = { batch: message.batches + 1, after: message.through };
  }

  closed(): void {
    if (this.#state !== 'gone') this.#state = 'away';
  }

  /** A batch as the next one of this connection; whatever else as it is. */
  #fitting(frame: Uint8Array): Uint8Array {
    const message = decodeUpstream(frame);
    if (message.type !== 'batch') return frame;
    const { batch, after } = this.#next;
    const shift = after - message.after;
    for (const [name, value] of Object.entries(message)) {
      if (typeof value === 'bigint') Reflect.set(message, name, value + shift);
    }
    for (const transaction of message.transactions) transaction.version += shift;
    return encodeFrame({ ...message, number: batch, epochs: [] });
  }

  #worsened(frame: Uint8Array): Uint8Array {
    return this.#random.fraction() < SHARE_FORGED ? this.#tamperer.forged(frame) : frame;
  }

  #send(frame: Uint8Array): void {
    this.#network.sendFromClient(this, this.#connections, replaced(frame, NOBODY, this.#siteId));
  }
}
