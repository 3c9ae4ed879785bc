import { RemoteError } from '@octavo/rpc/remote-error.ts';
import type { SyncState } from '@octavo/sync/state.ts';
import { settings } from '../settings/store.svelte.ts';
import { tell } from '../sync/notices.ts';
import { spawnDatabaseWorker } from '../workers.ts';
import { compiledWasm } from './wasm.ts';
import { DatabaseClient } from './client.ts';
import type { Failure } from './failure.ts';
import { assertSupported, failureFrom } from './failure.ts';
import { holdTabLock } from './tab-lock.ts';

export type Stage =
  | { stage: 'starting' }
  /** Another tab has the database; this one takes over when that one is gone. */
  | { stage: 'elsewhere' }
  | { stage: 'ready'; client: DatabaseClient }
  | { stage: 'failed'; failure: Failure };

/** A database whose SQLite instance was lost is opened again, but not for ever. */
const MAX_REOPENINGS = 3;

/**
 * Owns the database worker of this tab: starts it, waits for the turn of this tab, opens the database, and opens it
 * again when the worker has lost it.
 */
class DatabaseHost {
  stage = $state.raw<Stage>({ stage: 'starting' });
  /** What the worker last said about sync; whoever shows it lets it age. */
  sync = $state.raw<SyncState>({ status: 'connecting', pending: 0, attention: 0 });
  /** The last thing that went wrong in the background, for a notice. */
  trouble = $state.raw<string>();

  #worker: Worker | undefined;
  #locked: string | undefined;
  #reopenings = 0;

  readonly client = $derived(this.stage.stage === 'ready' ? this.stage.client : undefined);
  #opened = Promise.withResolvers<DatabaseClient>();

  /** The open database, as soon as there is one. Rejects when it cannot be opened. */
  get opened(): Promise<DatabaseClient> {
    return this.#opened.promise;
  }

  /** Starts, or starts again after a failure. */
  async start(): Promise<void> {
    this.#expect();
    try {
      // The worker loads its code and the WASM while this page does the rest.
      const worker = this.#spawn();
      const [{ database, token, syncOn }, wasm] = await Promise.all([
        settings.load(),
        compiledWasm(),
        assertSupported(),
      ]);
      await this.#waitForTurn(database);
      this.stage = { stage: 'starting' };
      await this.#open(worker, {
        database,
        server: settings.server,
        token: token ?? undefined,
        syncOn,
        online: navigator.onLine,
        visible: document.visibilityState === 'visible',
        wasm,
      });
    } catch (error) {
      this.#fail(error);
    }
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

  #fail(error: unknown): void {
    this.#end();
    this.#opened.reject(error);
    this.stage = { stage: 'failed', failure: failureFrom(error) };
  }

  async #waitForTurn(database: string): Promise<void> {
    if (this.#locked === database) return;
    await holdTabLock(database, () => (this.stage = { stage: 'elsewhere' }));
    this.#locked = database;
    performance.mark('octavo:turn');
  }

  async #open(worker: Worker, request: Parameters<DatabaseClient['open']>[0]): Promise<void> {
    const client = new DatabaseClient(worker);
    client.onSync((state) => (this.sync = state));
    client.onLost(({ message }) => void this.#recover(client, message));
    client.onRetired(() => void this.#reopen(client, 'The database is being opened again.'));
    client.onNotice((notice) => tell(notice));
    client.onStep(({ name, at }) =>
      performance.mark(`octavo:worker:${name}`, { startTime: Math.max(0, at - performance.timeOrigin) }),
    );
    const failedToLoad = Promise.withResolvers<never>();
    worker.addEventListener('error', (event) => {
      // A script that could not be loaded is a plain event, whatever its type says.
      const message = event instanceof ErrorEvent ? event.message : 'The worker could not be loaded.';
      failedToLoad.reject(new RemoteError({ code: 'worker', message, details: undefined }));
      // Once it is open, an error outside of any call hurts nobody's call, but it should not pass unseen.
      if (this.client === client) this.trouble = message;
    });
    await Promise.race([client.open(request), failedToLoad.promise]);
    performance.mark('octavo:open');
    this.stage = { stage: 'ready', client };
    this.#opened.resolve(client);
  }

  async #recover(client: DatabaseClient, reason: string): Promise<void> {
    this.#reopenings += 1;
    if (this.#reopenings <= MAX_REOPENINGS) {
      await this.#reopen(client, reason);
      return;
    }
    client.close(reason);
    this.#fail(new RemoteError({ code: 'lost', message: reason, details: undefined }));
  }

  async #reopen(client: DatabaseClient, reason: string): Promise<void> {
    performance.mark('octavo:lost', { detail: reason });
    client.close(reason);
    this.#end();
    await this.start();
  }

  #spawn(): Worker {
    this.#worker ??= spawnDatabaseWorker();
    return this.#worker;
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}

export const host = new DatabaseHost();
