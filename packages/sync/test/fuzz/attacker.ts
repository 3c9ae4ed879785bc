import { decodeDownstream, decodeUpstream, encodeFrame } from '@octavo/protocol/frame.ts';
import { ID_BYTES } from '@octavo/protocol/identity.ts';
import type { Hello } from '@octavo/protocol/messages.ts';
import type { Endpoint, Network } from '../world/network.ts';
import type { SeededRandom } from '../world/virtual-time.ts';
import { replaced } from './byte-mutation.ts';
import { bytesOf, integer } from './chance.ts';
import { Tamperer, type Tampered } from './tamperer.ts';

export interface AttackerOptions {
  network: Network;
  random: SeededRandom;
  onTampered: (tampered: Tampered) => void;
}

/**
 * Somebody with a connection and the real frames of others, under a site id of its own: sends them damaged, out of
 * place and again, sometimes before a hello and sometimes after one.
 */
export class Attacker implements Endpoint {
  readonly #options: AttackerOptions;
  readonly #siteId: Uint8Array;
  readonly #tamperer: Tamperer;
  #connections = 0;
  #next = { batch: 1, after: 0n };
  #overheardHello: Hello | undefined;
  #state: 'away' | 'connecting' | 'connected' | 'gone' = 'away';

  constructor(options: AttackerOptions) {
    this.#options = options;
    this.#siteId = bytesOf(options.random, ID_BYTES);
    this.#tamperer = new Tamperer({ ...options, decode: decodeUpstream, mayLie: true });
  }

  /** Takes a real frame of a client, with its own name in place of the client's: it has no identity but its own. */
  overhear(frame: Uint8Array, owner: Uint8Array): void {
    const message = decodeUpstream(frame);
    if (message.type === 'hello') this.#overheardHello = message;
    // Small talk is most of what is said and little of what there is to get wrong.
    const isSmallTalk = frame.length < 16;
    if (isSmallTalk && integer(this.#options.random, 5) > 0) return;
    this.#tamperer.remember(replaced(frame, owner, this.#siteId));
  }

  /** One thing that it does. */
  act(): void {
    const { network } = this.#options;
    switch (this.#state) {
      case 'connecting':
      case 'gone':
        return;
      case 'away':
        this.#state = 'connecting';
        this.#connections += 1;
        network.connect(this, this.#connections);
        return;
      case 'connected': {
        const frame = this.#tamperer.any();
        if (frame !== undefined) this.#send(this.#worsened(this.#fitting(frame)));
      }
    }
  }

  /** For good. */
  leave(): void {
    this.#options.network.closeFromClient(this, this.#connections);
    this.#state = 'gone';
  }

  opened(connection: number): void {
    if (this.#state === 'gone') {
      this.#options.network.closeFromClient(this, connection);
      return;
    }
    this.#state = 'connected';
    if (this.#overheardHello !== undefined && integer(this.#options.random, 10) > 0)
      this.#send(this.#hello(this.#overheardHello));
  }

  /** Learns where the server stands, so that what it sends next is taken for what comes next. */
  frame(_: number, bytes: Uint8Array): void {
    const message = decodeDownstream(bytes);
    if (message.type === 'welcome') this.#next = { batch: 1, after: message.acknowledged };
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
    const transactions = message.transactions.map(({ version, changes }) => ({
      version: version + shift,
      changes,
    }));
    return encodeFrame({
      ...message,
      number: batch,
      after,
      through: message.through + shift,
      epochs: [],
      transactions,
    });
  }

  #worsened(frame: Uint8Array): Uint8Array {
    return this.#options.random.fraction() < 0.4 ? frame : this.#tamperer.forged(frame);
  }

  #send(frame: Uint8Array): void {
    this.#options.network.sendFromClient(this, this.#connections, frame);
  }

  /** The hello of a new client that is welcome. */
  #hello(overheard: Hello): Uint8Array {
    return encodeFrame({
      ...overheard,
      type: 'hello',
      siteId: this.#siteId,
      epochs: [],
      head: 0n,
      lineage: undefined,
      cursor: 0n,
      cursorEpochs: [],
      offer: undefined,
    });
  }
}
