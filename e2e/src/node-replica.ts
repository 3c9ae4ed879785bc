import { randomBytes } from 'node:crypto';
import type { Database } from '@octavo/crsqlite/database.ts';
import { openMemory } from '@octavo/crsqlite/memory.ts';
import { decodeDownstream } from '@octavo/protocol/frame.ts';
import type { Downstream } from '@octavo/protocol/messages.ts';
import { timers } from '@octavo/rpc/port.ts';
import { schema } from '@octavo/shop/schema.ts';
import { SyncClient } from '@octavo/sync/client/sync-client.ts';
import { Replica } from '@octavo/sync/replica.ts';
import type { SyncState } from '@octavo/sync/state.ts';
import { SyncShell } from '@octavo/web/workers/database/sync-shell.ts';
import { SHOP } from './server-process.ts';

/**
 * A client without a browser: the app's engine and its shell on a database in memory. It writes as fast as the engine
 * takes it, and it remembers what the server has told it is safe.
 */
export class NodeReplica implements Disposable {
  readonly database: Database;
  readonly #replica: Replica;
  readonly #client: SyncClient;
  readonly #shell: SyncShell;
  readonly #frameListeners = new Set<() => void>();
  #acknowledged = 0n;

  private constructor(database: Database, url: string) {
    this.database = database;
    const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)), fraction: Math.random };
    const now = () => performance.now();
    const clock = { wall: Date.now, monotonic: now };
    this.#replica = Replica.open(database, { schema, clock, random });
    this.#client = new SyncClient({
      replica: this.#replica,
      clock,
      random,
      database: SHOP,
    });
    this.#shell = new SyncShell({
      machine: this.#client,
      connect: () => this.#connect(url),
      scheduler: timers,
      now,
      onState: () => undefined,
      onNotice: () => undefined,
      onRetired: () => {
        throw new Error('A replica in memory was taken for a copy of another.');
      },
      onFault: (fault) => {
        throw fault;
      },
    });
    database.onCommit(() => this.#shell.handle({ type: 'committed' }));
  }

  /** A new, empty replica of the shop of the server at this address. It does not connect by itself. */
  static async open(url: string): Promise<NodeReplica> {
    return new NodeReplica(await openMemory(), url);
  }

  #connect(url: string): WebSocket {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/sync`);
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) this.#remember(new Uint8Array(data));
      for (const listener of this.#frameListeners) listener();
    });
    return socket;
  }

  #remember(frame: Uint8Array): void {
    const told = acknowledgedBy(decodeDownstream(frame));
    if (told > this.#acknowledged) this.#acknowledged = told;
  }

  get state(): SyncState {
    return this.#client.state;
  }

  /** The largest version in its log. */
  get head(): bigint {
    return this.#replica.head();
  }

  /** Up to which of its versions the server has said that it holds everything on disk. */
  get acknowledged(): bigint {
    return this.#acknowledged;
  }

  /** Whether the server has said that everything that was written here is in its copy. */
  get copied(): boolean {
    return this.#client.facts.cloud?.complete === true;
  }

  write<Result>(run: (database: Database) => Result extends PromiseLike<unknown> ? never : Result): Result {
    return this.#replica.write<Result>(() => run(this.database));
  }

  /** Calls back for every frame that comes from the server. Returns the function that ends it. */
  onFrame(listener: () => void): () => void {
    this.#frameListeners.add(listener);
    return () => this.#frameListeners.delete(listener);
  }

  connect(): void {
    this.#shell.handle({ type: 'start' });
  }

  disconnect(): void {
    this.#shell.handle({ type: 'stop' });
  }

  [Symbol.dispose](): void {
    this.#shell.close();
    this.database.close();
  }
}

/** Up to which version of the client's log a message says that the server holds everything on disk. */
function acknowledgedBy(message: Downstream): bigint {
  switch (message.type) {
    case 'ack':
      return message.through;
    case 'welcome':
    case 'pong':
      return message.acknowledged;
    case 'batch':
    case 'refuse':
    case 'rewind':
    case 'reidentify':
    case 'cloud':
      return 0n;
  }
}
