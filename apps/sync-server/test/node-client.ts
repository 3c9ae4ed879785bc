import type { Database, Row, SqlValue } from '@octavo/crsqlite/database.ts';
import { openMemory } from '@octavo/crsqlite/memory.ts';
import { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import { compressions } from '@octavo/protocol/messages.ts';
import { schema } from '@octavo/shop/schema.ts';
import type { ClientEvent } from '@octavo/sync/client/events.ts';
import { SyncClient } from '@octavo/sync/client/sync-client.ts';
import { Replica } from '@octavo/sync/replica.ts';
import type { CloudFacts, SyncState } from '@octavo/sync/state.ts';
import { WebSocket } from 'ws';
import { onTestFinished } from 'vitest';
import { systemClock, systemRandom } from '../src/databases/system.ts';

/** The name of the database on a client's disk. */
export const FILE = 'shop.sqlite3';

const PATIENCE_MS = 20_000;

/** A client as the browser has one, in Node: a replica in memory, the engine's client role, a real WebSocket. */
export class NodeClient {
  readonly replica: Replica;
  /** How connections have ended, the latest last. */
  readonly closes: { code: number; reason: string }[] = [];
  #url: string;
  readonly #engine: SyncClient;
  readonly #database: Database;
  #socket: { connection: number; socket: WebSocket } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Called after everything that happens. */
  readonly #watchers = new Set<() => void>();

  private constructor(
    database: Database,
    url: string,
    { name, token }: { name: string; token: string | undefined },
  ) {
    this.#database = database;
    this.#url = url;
    this.replica = Replica.open(database, { schema, clock: systemClock, random: systemRandom });
    this.#engine = new SyncClient({
      replica: this.replica,
      clock: systemClock,
      random: systemRandom,
      database: name,
      compressions,
      ...(token !== undefined && { token }),
    });
  }

  /** A replica, new or what is on the disk, that syncs with a database of the server at this address. */
  static async connect(
    server: { url: string; database?: string; token?: string },
    fileSystem = new MemoryFileSystem(),
  ): Promise<NodeClient> {
    const database = await openMemory({ fileSystem, name: FILE });
    const { url, database: name = 'shop.sqlite3', token } = server;
    const client = new NodeClient(database, syncAddress(url), { name, token });
    onTestFinished(() => client.close());
    client.#handle({ type: 'start' });
    return client;
  }

  get state(): SyncState {
    return this.#engine.state;
  }

  /** Up to which of its versions the server has said that it holds everything on disk. */
  get acknowledged(): bigint {
    return this.#engine.facts.acknowledged;
  }

  /** How far the copy in the cloud goes, as the server last said. */
  get cloud(): CloudFacts | undefined {
    return this.#engine.facts.cloud;
  }

  /** Where to connect from the next attempt on. */
  moveTo(server: { url: string }): void {
    this.#url = syncAddress(server.url);
    this.#handle({ type: 'retry' });
  }

  rows(sql: string, ...bind: SqlValue[]): Row[] {
    return this.#database.prepare(sql).all(...bind);
  }

  /** Writes as the app does: in one transaction, then the engine hears of it. */
  write(sql: string, ...bind: SqlValue[]): void {
    this.replica.write(() => {
      this.#database.prepare(sql).run(...bind);
    });
    this.#handle({ type: 'committed' });
  }

  /** Settles when something has become true. Rejects, saying what was the case, when that takes too long. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const look = () => {
      if (condition()) resolve(undefined);
    };
    const timer = setTimeout(
      () => reject(new Error(`Waited for "${what}" in vain; the state is ${JSON.stringify(this.state)}.`)),
      PATIENCE_MS,
    );
    this.#watchers.add(look);
    look();
    await promise.finally(() => {
      clearTimeout(timer);
      this.#watchers.delete(look);
    });
  }

  /** Collects every status that is shown from now on. */
  watchStates(): Set<SyncState['status']> {
    const seen = new Set([this.state.status]);
    this.#watchers.add(() => seen.add(this.state.status));
    return seen;
  }

  synced(): Promise<void> {
    return this.until('synced', () => this.state.status === 'synced');
  }

  close(): void {
    if (this.#closed) return;
    this.#handle({ type: 'stop' });
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#database.close();
  }

  #handle(event: ClientEvent): void {
    if (this.#closed) return;
    for (const effect of this.#engine.handle(event)) {
      switch (effect.type) {
        case 'connect':
          this.#connect(effect.connection);
          break;
        case 'send':
          if (this.#socket?.connection === effect.connection) this.#socket.socket.send(effect.frame);
          break;
        case 'close':
          if (this.#socket?.connection === effect.connection)
            this.#socket.socket.close(effect.code, effect.reason);
          break;
        case 'wake':
          this.#wakeAt(effect.at);
          break;
        case 'state':
        case 'notice':
        case 'reopen':
        case 'welcomed':
          break;
      }
    }
    for (const watcher of this.#watchers) watcher();
  }

  #connect(connection: number): void {
    const socket = new WebSocket(this.#url);
    this.#socket = { connection, socket };
    socket.on('open', () => this.#handle({ type: 'opened', connection }));
    socket.on('message', (data: Buffer) =>
      this.#handle({ type: 'frame', connection, bytes: new Uint8Array(data) }),
    );
    socket.on('close', (code, reason) => {
      this.closes.push({ code, reason: reason.toString() });
      this.#handle({ type: 'closed', connection, code, reason: reason.toString() });
    });
    // A 'close' follows.
    socket.on('error', () => undefined);
  }

  #wakeAt(at: number | undefined): void {
    clearTimeout(this.#timer);
    if (at === undefined) return;
    this.#timer = setTimeout(() => this.#handle({ type: 'tick' }), Math.max(0, at - systemClock.monotonic()));
  }
}

function syncAddress(url: string): string {
  return `${url.replace(/^http/, 'ws')}/sync`;
}
