import type { Database, Row, SqlValue } from '@octavo/crsqlite/database.ts';
import { SqliteError } from '@octavo/crsqlite/errors.ts';
import { toHex } from '@octavo/protocol/identity.ts';
import type { Scheduler } from '@octavo/rpc/port.ts';
import { timers } from '@octavo/rpc/port.ts';
import type { Sink } from '@octavo/rpc/serve.ts';
import { RemoteError } from '@octavo/rpc/remote-error.ts';
import { runShopCommand, shopCommands } from '@octavo/shop/commands/registry.ts';
import type { ShopContext } from '@octavo/shop/context.ts';
import { createShopContext } from '@octavo/shop/context.ts';
import { runShopQuery } from '@octavo/shop/queries/registry.ts';
import { compressions } from '@octavo/protocol/messages.ts';
import { schema } from '@octavo/shop/schema.ts';
import { SyncClient } from '@octavo/sync/client/sync-client.ts';
import type { Clock, Random } from '@octavo/sync/environment.ts';
import { bringBack } from '@octavo/sync/recovery/bring-back.ts';
import type { Difference } from '@octavo/sync/recovery/differences.ts';
import { Replica } from '@octavo/sync/replica.ts';
import type { Notice, SyncState } from '@octavo/sync/state.ts';
import type { ImportedBook } from '@octavo/shop/import/recognise.ts';
import type { DatabaseFacts, ImportCounts, SyncDetails, WriteTicket } from '#lib/database/contract.ts';
import type { Inspection, SyncRecord } from '#lib/doctor/contract.ts';
import type { Decided, Decision, Undecided } from '#lib/decisions/contract.ts';
import { ConnectionLog } from './connection-log.ts';
import { Decisions } from './decisions.ts';
import { isTrap } from './errors.ts';
import { FinishedWrites } from './finished-writes.ts';
import { lastOwnVersion } from './last-own-version.ts';
import { LiveQueries } from './live-queries.ts';
import { keepSearchIndexFresh } from './search-refresh.ts';
import { inspectReplica } from './inspect.ts';
import { SyncRecorder } from './sync-recorder.ts';
import { faultState, SyncShell } from './sync-shell.ts';

/** Which shop this is and how it is synced. */
export interface SessionRequest {
  database: string;
  /** The sync server's WebSocket URL. */
  server: string;
  token: string | undefined;
  syncOn: boolean;
  online: boolean;
  visible: boolean;
}

export interface SessionOptions {
  database: Database;
  request: SessionRequest;
  clock: Clock;
  random: Random;
  scheduler?: Scheduler;
  connect: (url: string) => WebSocket;
  onState: (state: SyncState) => void;
  onNotice: (notice: Notice) => void;
  /** The server is about to send so many changes. Returns whether they are to wait for {@link DatabaseSession.resumeStream}. */
  onWelcomed: (backlog: number) => boolean;
  /** The file has a new identity and must be opened again; this session is of no use any more. */
  onRetired: () => void;
  /** SQLite's instance is gone; this session is of no use any more. */
  onLost: (message: string) => void;
  onStep: (name: string) => void;
}

/** An open database with everything that works on it: commands, queries, live queries, the search index, sync. */
export class DatabaseSession {
  /** Whether the file was empty before. */
  readonly created: boolean;
  readonly #name: string;
  readonly #database: Database;
  readonly #replica: Replica;
  readonly #shop: ShopContext;
  readonly #finished: FinishedWrites;
  readonly #decisions: Decisions;
  readonly #live: LiveQueries;
  readonly #engine: SyncClient;
  readonly #sync: SyncShell;
  readonly #log: ConnectionLog;
  readonly #recorder: SyncRecorder;
  readonly #ends: (() => void)[] = [];

  constructor({
    database,
    request,
    clock,
    random,
    connect,
    onState,
    onNotice,
    onWelcomed,
    onRetired,
    onLost,
    onStep,
    ...options
  }: SessionOptions) {
    const scheduler = options.scheduler ?? timers;
    const now = () => clock.monotonic();
    this.created = isEmpty(database);
    this.#name = request.database;
    this.#database = database;
    this.#replica = Replica.open(database, { schema, clock, random });
    onStep('migrated');
    this.#finished = new FinishedWrites(database, () => clock.wall());
    this.#decisions = new Decisions(this.#replica, scheduler);
    this.#shop = createShopContext(database, () => clock.wall());
    this.#live = new LiveQueries({ database, scheduler, now });
    const { token } = request;
    this.#engine = new SyncClient({
      replica: this.#replica,
      clock,
      random,
      database: request.database,
      compressions,
      ...(token !== undefined && { token }),
    });
    this.#log = new ConnectionLog(() => clock.wall());
    this.#recorder = new SyncRecorder(() => clock.wall());
    this.#sync = new SyncShell({
      machine: this.#engine,
      observers: [this.#log, this.#recorder],
      connect: () => connect(request.server),
      scheduler,
      now,
      onState,
      onNotice,
      onWelcomed: (backlog) => {
        if (onWelcomed(backlog)) this.#sync.handle({ type: 'inflow', wanted: false });
      },
      onRetired,
      onFault: (fault) => {
        if (isTrap(fault)) onLost(fault.message);
        else {
          const state = faultState(this.#engine.state, fault);
          this.#recorder.entered(state);
          onState(state);
        }
      },
    });
    this.#ends.push(
      // Not within the commit: the replica has its own record of it to finish before the engine looks.
      database.onCommit(() => queueMicrotask(() => this.#sync.handle({ type: 'committed' }))),
      keepSearchIndexFresh(database, scheduler),
      () => this.#live.close(),
      () => this.#decisions.close(),
      () => this.#sync.close(),
    );
    onState(this.#engine.state);
    this.pageChanged({ online: request.online, visible: request.visible });
    // The first screen's queries are waiting: they go first.
    this.#ends.push(scheduler.after(0, () => request.syncOn && this.setSync(true)));
    onStep('open');
  }

  get replica(): Replica {
    return this.#replica;
  }

  command(ticket: WriteTicket, name: string, input: unknown): unknown {
    this.#demandWriting();
    return this.#write(ticket, () => settled(runShopCommand(this.#shop, name, input)));
  }

  query(name: string, args: unknown): unknown {
    return runShopQuery(this.#database, name, args);
  }

  live(sink: Sink<unknown>, name: string, args: unknown): () => void {
    return this.#live.subscribe((database) => runShopQuery(database, name, args), sink);
  }

  select(sql: string, params: readonly SqlValue[]): Row[] {
    // A write that slipped through here would be missing from the replica's bookkeeping.
    this.#database.exec('PRAGMA query_only = 1');
    try {
      return this.#database.prepare(sql).all(...params);
    } catch (error) {
      if (!(error instanceof SqliteError) || error.failure !== 'access') throw error;
      const message = 'A query is readonly, and this statement writes. Use exec.';
      throw new RemoteError({ code: 'read-only', message, details: undefined });
    } finally {
      this.#database.exec('PRAGMA query_only = 0');
    }
  }

  execute(ticket: WriteTicket, sql: string, params: readonly SqlValue[]): void {
    this.#write(ticket, () => {
      if (params.length > 0) this.#database.prepare(sql).run(...params);
      else this.#database.exec(sql);
    });
  }

  saveImported(ticket: WriteTicket, books: ImportedBook[]): ImportCounts {
    this.#demandWriting();
    // What was answered under this ticket is what this very method returned.
    return this.#write(ticket, () => shopCommands.importBooks.run(this.#shop, { books })) as ImportCounts;
  }

  decide(ticket: WriteTicket, decision: Decision): Decided {
    // What was answered under this ticket is what this very method returned.
    const decided = this.#write(ticket, () => this.#decisions.decide(decision)) as Decided;
    this.#decisions.changed();
    // The counts in the state are of tables that are no part of the log.
    this.#sync.handle({ type: 'committed' });
    return decided;
  }

  bringBack(ticket: WriteTicket, differences: readonly Difference[]): void {
    this.#demandWriting();
    this.#write(ticket, () => bringBack(this.#replica, differences));
  }

  undecided(sink: Sink<Undecided>): () => void {
    return this.#decisions.subscribe(sink);
  }

  facts(): DatabaseFacts {
    const lineage = this.#replica.lineage();
    const version = this.#database.prepare<{ version: string }>('SELECT sqlite_version() AS version').get();
    return {
      database: this.#name,
      siteId: toHex(this.#replica.siteId),
      lineage: lineage && toHex(lineage),
      epochs: this.#replica
        .epochs()
        .map(({ id, firstVersion }) => ({ id: toHex(id), firstVersion: String(firstVersion) })),
      dbVersion: Number(this.#replica.head()),
      writtenThrough: Number(
        lastOwnVersion(this.#database, this.#replica.clockTables.tables, this.#engine.facts.acknowledged),
      ),
      schemaName: schema.name,
      schemaVersion: schema.version,
      sqliteVersion: version?.version ?? '',
      opening: this.#shop.opening,
    };
  }

  /** Costs the size of the backlog. */
  syncDetails(): SyncDetails {
    const { head, acknowledged, serverHead, cursor, cloud, pendingByTable } = this.#engine.facts;
    return {
      lastProof: this.#log.lastProof,
      head: Number(head),
      acknowledged: Number(acknowledged),
      serverHead: serverHead === undefined ? undefined : Number(serverHead),
      received: Number(cursor),
      cloud: cloud && { ...cloud, through: Number(cloud.through), confirmed: Number(cloud.confirmed) },
      pendingByTable: [...pendingByTable].map(([table, records]) => ({ table, records })),
      connections: this.#log.records,
    };
  }

  syncRecord(): SyncRecord {
    return this.#recorder.record;
  }

  /** Reads the whole file. */
  inspect(): Inspection {
    return inspectReplica(this.#replica);
  }

  setSync(on: boolean): void {
    this.#sync.handle({ type: on ? 'start' : 'stop' });
  }

  retrySync(): void {
    this.#sync.handle({ type: 'retry' });
  }

  /** What the server sends is taken in again. */
  resumeStream(): void {
    this.#sync.handle({ type: 'inflow', wanted: true });
  }

  pageChanged({ online, visible }: { online?: boolean; visible?: boolean }): void {
    if (online !== undefined) this.#sync.handle({ type: 'network', online });
    if (visible !== undefined) this.#sync.handle({ type: 'visibility', visible });
  }

  /** Stops everything that works on the database and closes it. */
  close(): void {
    for (const end of this.#ends.splice(0).reverse()) end();
    this.#database.close();
  }

  /** What is done here would stay here, where nobody else sees it. The console, for those who know, asks nobody. */
  #demandWriting(): void {
    if (this.#engine.state.readOnly !== true) return;
    const message =
      'This device may only read, so this was not done. Ask whoever looks after the server for a token that may write.';
    throw new RemoteError({ code: 'read-only-device', message, details: undefined });
  }

  /** Every write that somebody asked for: once per ticket, with what replication has to know of it. */
  #write(ticket: WriteTicket, run: () => unknown): unknown {
    return this.#replica.write(() => settled(this.#finished.once(ticket, run)));
  }
}

/** Commands are synchronous: a promise inside of a transaction would be a mistake in the shop. */
function settled(result: unknown): Exclude<unknown, PromiseLike<unknown>> {
  if (result instanceof Promise) throw new Error('A command of the shop returned a promise.');
  return result;
}

/** Whether there is nothing in a file but what opening it makes. */
function isEmpty(database: Database): boolean {
  const ours = "tbl_name NOT LIKE 'crsql%' AND tbl_name NOT LIKE 'sqlite%'";
  return database.prepare(`SELECT 1 FROM sqlite_schema WHERE ${ours} LIMIT 1`).get() === undefined;
}
