import { RemoteError } from '@octavo/rpc/remote-error.ts';
import type { Notice, SyncState } from '@octavo/sync/state.ts';
import { cloudCopy } from '../cloud/cloud-copy.svelte.ts';
import { noRecovery, type RecoveryState } from '../recovery/contract.ts';
import { Timeline } from '../doctor/timeline.ts';
import { settings } from '../settings/store.svelte.ts';
import type { Keeping, MemoryFiles } from '../storage/keeping.ts';
import { storage } from '../storage/storage.svelte.ts';
import { DatabaseClient } from './client.ts';
import type { PageChange } from './contract.ts';
import type { Failure } from './failure.ts';
import { failureFrom } from './failure.ts';
import { findKeeping } from './find-keeping.ts';
import { OwnWorker } from './own-worker.ts';
import { LeaderLink, type Waiting } from './tabs/leader-link.ts';
import { compiledWasm } from './wasm.ts';

export type Stage =
  | { stage: 'starting' }
  /** The database answers, here or in another tab; over a takeover as well, when calls wait for the next leader. */
  | { stage: 'ready'; client: DatabaseClient }
  | { stage: 'failed'; failure: Failure };

/** A database whose SQLite instance was lost is opened again, but not for ever. */
const MAX_REOPENINGS = 3;

/**
 * This page's way to the database. Its own worker waits for its turn to have the file, and until then, and whenever it
 * has lost it, the page is a guest of the worker that leads.
 */
class DatabaseHost {
  stage = $state.raw<Stage>({ stage: 'starting' });
  /** What the leading worker last said about sync; whoever shows it lets it age. */
  sync = $state.raw<SyncState>({ status: 'connecting', pending: 0, attention: 0, conflicts: 0 });
  /** What the leading worker does about replacing the database. */
  recovery = $state.raw<RecoveryState>(noRecovery);
  /** Set while whoever should answer does not. */
  waiting = $state.raw<Waiting>();
  /** Whether this page's own worker has the database. */
  leads = $state(false);
  /** Where this page's database is. */
  keeping = $state.raw<Keeping>('device');
  /** Set when a database that could not be opened was put aside, until somebody was told. */
  setAside = $state(false);
  /** The last thing that went wrong in the background, for a notice. */
  trouble = $state.raw<string>();

  /** What became of it all, for whoever has to find out what went wrong. */
  readonly timeline = new Timeline();
  readonly client = $derived(this.stage.stage === 'ready' ? this.stage.client : undefined);
  #opened = Promise.withResolvers<DatabaseClient>();
  readonly #client: DatabaseClient;
  #link: LeaderLink | undefined;
  #worker: OwnWorker | undefined;
  #asleep = false;
  #reopenings = 0;
  #putAside = false;
  /** What the last worker has left of a database in memory. */
  #files: MemoryFiles = [];
  /** A database in memory is this page's alone. */
  readonly #ownScope = crypto.randomUUID();

  constructor() {
    this.#client = new DatabaseClient(
      () => this.#link?.lost(),
      (full) => (storage.full = full),
    );
    this.#client.onSync((state) => {
      if (state.pending !== this.sync.pending && this.keeping === 'device')
        storage.notePending(state.pending);
      this.sync = state;
      cloudCopy.told(state.cloud);
      this.timeline.note('sync', state.status);
    });
    this.#client.onRecovery((state) => (this.recovery = state));
  }

  /** The open database, as soon as there is one. Rejects when it cannot be opened. */
  get opened(): Promise<DatabaseClient> {
    return this.#opened.promise;
  }

  /** Whoever has the same one shares locks and lobby with this page, and the database. */
  get scope(): string {
    const { database } = settings.current;
    return this.keeping === 'device' ? database : `${database}/${this.#ownScope}`;
  }

  /** Calls back with what the engine wants people to know once. */
  onNotice(tell: (notice: Notice) => void): () => void {
    return this.#client.onNotice(tell);
  }

  /** Starts, or starts again after a failure. */
  async start(): Promise<void> {
    this.#expect();
    this.timeline.note('stage', 'starting');
    try {
      // The worker loads its code and the WASM while this page does the rest.
      const worker = this.#spawn();
      // Whoever needs it asks again, and hears why it cannot be had.
      compiledWasm().catch(() => undefined);
      const loading = settings.load();
      const held = async () => storage.holds((await loading).database);
      [, this.keeping] = await Promise.all([loading, findKeeping(held)]);
      settings.assertKept(this.keeping);
      await this.#begin(worker);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Starts again after a failure of the file: it is kept, and the shop comes anew from the server. */
  async startAnew(): Promise<void> {
    this.#putAside = true;
    await this.start();
  }

  /** Tells the own worker what became of the page. */
  pageChanged(change: PageChange): void {
    this.#worker?.pageChanged(change);
    if (change.visible === true) {
      this.wake();
      this.#link?.probe();
    }
  }

  /** The browser is about to stop this page, or to end it: another one shall have the database. */
  sleep(): void {
    // What is in the worker's memory is with nobody else.
    if (this.keeping === 'memory') return;
    this.#asleep = true;
    this.#worker?.giveUp();
  }

  /** The page goes on: its worker queues again where it has given up. */
  wake(): void {
    if (!this.#asleep) return;
    this.#asleep = false;
    if (this.#worker === undefined && this.stage.stage !== 'failed') void this.#queueAgain();
  }

  /** From here on there is no database, and whoever asks for it waits. */
  #expect(): void {
    if (this.stage.stage !== 'starting') {
      this.#opened = Promise.withResolvers();
      this.stage = { stage: 'starting' };
    }
    // Nobody has to wait: a failure is on the screen already.
    this.#opened.promise.catch(() => undefined);
  }

  #attached(): void {
    if (this.stage.stage === 'ready') return;
    performance.mark('octavo:open');
    this.timeline.note('stage', 'ready');
    this.stage = { stage: 'ready', client: this.#client };
    this.#opened.resolve(this.#client);
  }

  #fail(error: unknown): void {
    this.#end();
    this.#link?.[Symbol.dispose]();
    this.#link = undefined;
    this.waiting = undefined;
    this.#opened.reject(error);
    const failure = failureFrom(error);
    this.timeline.note('stage', `failed: ${failure.code}`);
    this.stage = { stage: 'failed', failure };
  }

  #spawn(): OwnWorker {
    this.#worker ??= new OwnWorker({
      turn: () => {
        performance.mark('octavo:turn');
        this.#link?.opensHere();
      },
      blocked: () => this.#link?.blockedHere(),
      opened: ({ created, setAside }) => {
        this.leads = true;
        this.timeline.note('lead', 'this tab');
        this.#putAside = false;
        if (setAside) this.setAside = true;
        if (this.keeping === 'device') storage.opened(created && !setAside);
        if (this.#worker !== undefined) this.#link?.leadsHere(this.#worker.id, this.#worker.port);
      },
      failed: (error) => {
        if (error.code === 'no-storage' && this.keeping === 'device') this.#keepInMemory();
        else this.#fail(new RemoteError(error));
      },
      lost: ({ message, files }) => {
        this.#files = files ?? [];
        this.#recover(message);
      },
      retired: ({ files }) => {
        this.#files = files ?? [];
        this.#replace();
      },
      step: ({ name, at }) =>
        performance.mark(`octavo:worker:${name}`, { startTime: Math.max(0, at - performance.timeOrigin) }),
      ended: () => this.#replace(),
      trouble: (message) => {
        this.timeline.note('trouble', message);
        if (this.stage.stage === 'ready') this.trouble = message;
      },
    });
    return this.#worker;
  }

  async #begin(worker: OwnWorker): Promise<void> {
    this.#link ??= new LeaderLink({
      scope: this.scope,
      route: this.#client.route,
      onWaiting: (waiting) => {
        this.waiting = waiting;
        this.timeline.note('waiting', waiting ?? 'no more');
      },
      onAttached: () => this.#attached(),
    });
    const files = this.#files;
    this.#files = [];
    await worker.start({
      database: settings.current.database,
      scope: this.scope,
      keeping: this.keeping,
      files,
      settings: settings.current,
      setAside: this.#putAside,
      server: settings.ownServer,
      visible: document.visibilityState === 'visible',
      wasm: await compiledWasm(),
    });
  }

  /** The page may have files, its worker may not. */
  #keepInMemory(): void {
    this.#end();
    this.#link?.[Symbol.dispose]();
    this.#link = undefined;
    this.keeping = 'memory';
    void this.#queueAgain();
  }

  #recover(reason: string): void {
    performance.mark('octavo:lost', { detail: reason });
    this.timeline.note('lost', reason);
    this.#reopenings += 1;
    if (this.#reopenings <= MAX_REOPENINGS) this.#replace();
    else this.#fail(new RemoteError({ code: 'lost', message: reason, details: undefined }));
  }

  /** The worker is of no use any more: the next one queues behind those of other tabs. */
  #replace(): void {
    this.#end();
    this.#link?.goneHere();
    if (!this.#asleep) void this.#queueAgain();
  }

  async #queueAgain(): Promise<void> {
    try {
      await this.#begin(this.#spawn());
    } catch (error) {
      this.#fail(error);
    }
  }

  #end(): void {
    if (this.leads) this.timeline.note('lead', 'given up');
    this.leads = false;
    this.#worker?.end();
    this.#worker = undefined;
  }
}

export const host = new DatabaseHost();
