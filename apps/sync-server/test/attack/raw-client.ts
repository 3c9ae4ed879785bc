import { closeReasonByCode } from '@octavo/protocol/close-codes.ts';
import { decodeDownstream, encodeFrame } from '@octavo/protocol/frame.ts';
import type { Downstream, Hello, Upstream } from '@octavo/protocol/messages.ts';
import { PROTOCOL_VERSION } from '@octavo/protocol/version.ts';
import { schema } from '@octavo/shop/schema.ts';
import { type ClientOptions, WebSocket } from 'ws';
import { TARGET } from './credentials.ts';

/** A hello as a new replica says it. */
export function helloOf(changes: Partial<Hello> = {}): Upstream {
  return {
    type: 'hello',
    protocolVersion: PROTOCOL_VERSION,
    database: TARGET,
    token: undefined,
    siteId: crypto.getRandomValues(new Uint8Array(16)),
    epochs: [],
    head: 0n,
    schemaName: schema.name,
    schemaVersion: schema.version,
    lineage: undefined,
    cursor: 0n,
    horizon: 0n,
    serverEpochs: [],
    backfill: undefined,
    staged: undefined,
    offer: undefined,
    compressions: ['deflate'],
    ...changes,
  };
}

/** A WebSocket that says what it is told to, and remembers everything that comes. */
export class RawClient {
  readonly socket: WebSocket;
  readonly received: Downstream[] = [];
  /** How it ended: the protocol's word for it, else the code. */
  readonly ended: Promise<string>;
  readonly #watchers = new Set<() => void>();

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(`${url.replace(/^http/, 'ws')}/sync`, options);
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.socket.on('message', (data: Buffer) => {
      this.received.push(decodeDownstream(new Uint8Array(data)));
      for (const watcher of this.#watchers) watcher();
    });
    this.socket.on('unexpected-response', (_request, response) => {
      resolve(`HTTP ${response.statusCode ?? 0}`);
      response.resume();
      this.socket.terminate();
    });
    this.socket.on('close', (code) => resolve(closeReasonByCode(code) ?? String(code)));
    // A 'close' follows.
    this.socket.on('error', () => undefined);
  }

  /** Settles when it is open, or has ended. */
  opened(): Promise<unknown> {
    if (this.socket.readyState !== this.socket.CONNECTING) return Promise.resolve();
    return Promise.race([new Promise((resolve) => this.socket.once('open', resolve)), this.ended]);
  }

  say(message: Upstream | Uint8Array): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.socket.send(message instanceof Uint8Array ? message : encodeFrame(message));
  }

  /** The next message of a kind that has not been taken yet, or how the connection ended. */
  async next<Type extends Downstream['type']>(
    type: Type,
  ): Promise<Extract<Downstream, { type: Type }> | string> {
    const found = new Promise<Extract<Downstream, { type: Type }>>((resolve) => {
      const look = () => {
        const at = this.received.findIndex((message) => message.type === type);
        const [message] = at === -1 ? [] : this.received.splice(at, 1);
        if (message === undefined) return;
        this.#watchers.delete(look);
        // What was looked for by its type.
        resolve(message as Extract<Downstream, { type: Type }>);
      };
      this.#watchers.add(look);
      look();
    });
    return Promise.race([found, this.ended]);
  }
}
