import {
  checkCloud,
  type CheckListener,
  type CloudCheckOptions,
  isOfNewerVersion,
  PartedError,
  sizeOf,
} from './cloud-check.ts';
import { failureOf } from './copy-state.ts';
import { StoreError } from './store/object-store.ts';

/** How far looking for news in the store is, as `GET /api/sync-status` says it. */
export interface CheckStatus {
  status: 'idle' | 'checking' | 'downloading' | 'completed' | 'up_to_date' | 'error';
  /** In words. */
  message: string;
  /** From 0 to 1, of the bytes that there are to fetch. */
  progress: number;
  /** The database is another shop's now: whoever shows it begins anew. */
  needsReload: boolean;
}

const idle: CheckStatus = {
  status: 'idle',
  message: 'Nobody has looked for news in the cloud since the server started.',
  progress: 0,
  needsReload: false,
};

/** Until everything is merged, it is not all done. */
const MOST_PROGRESS = 0.99;

/** Looks for what other servers have written to the store, one look at each database at a time. */
export class CloudChecks implements AsyncDisposable {
  readonly #options: CloudCheckOptions;
  readonly #ending = new AbortController();
  readonly #statuses = new Map<string, CheckStatus>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: Omit<CloudCheckOptions, 'signal'>) {
    this.#options = { ...options, signal: this.#ending.signal };
  }

  statusOf(name: string): CheckStatus {
    return this.#statuses.get(name) ?? idle;
  }

  isRunning(name: string): boolean {
    return this.#running.has(name);
  }

  /** Size of the database here, bytes; undefined where there is none. */
  sizeOf(name: string): Promise<number | undefined> {
    return sizeOf(this.#options.databases, name);
  }

  /** Begins to look, if nobody does already. Returns whether it has begun; {@link statusOf} tells what comes of it. */
  begin(name: string): boolean {
    if (this.#running.has(name)) return false;
    this.#show(name, { status: 'checking', message: 'Looking for news in the cloud.', progress: 0 });
    const running = this.#run(name).finally(() => this.#running.delete(name));
    this.#running.set(name, running);
    return true;
  }

  /** Gives up what is under way, leaving nothing behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Error('The server is shutting down.'));
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #run(name: string): Promise<void> {
    const { logger, copies } = this.#options;
    try {
      const { fetched, reload } = await checkCloud(name, this.#options, this.#listener(name));
      // As after a crash: somebody is here, so it goes out now.
      if (failureOf(copies.states.get(name)) === 'not-yet-copied') await copies.retry(name);
      if (fetched)
        this.#show(name, {
          status: 'completed',
          message: 'What was newer in the cloud is here.',
          progress: 1,
          needsReload: reload,
        });
      else this.#show(name, { status: 'up_to_date', message: 'Nothing in the cloud is newer.', progress: 1 });
    } catch (error) {
      logger.warn({ database: name, err: error }, 'looking for news in the cloud failed');
      this.#show(name, { status: 'error', message: wordsFor(error), progress: 0 });
    }
  }

  #listener(name: string): CheckListener {
    let total = 0;
    let fetched = 0;
    const show = (): void =>
      this.#show(name, {
        status: 'downloading',
        message: `${Math.round(fetched / 1024)} of ${Math.round(total / 1024)} KB fetched.`,
        progress: total === 0 ? 0 : Math.min(MOST_PROGRESS, fetched / total),
      });
    return {
      found: (bytes) => {
        total += bytes;
        show();
      },
      fetched: (bytes) => {
        fetched += bytes;
        show();
      },
    };
  }

  #show(name: string, status: Omit<CheckStatus, 'needsReload'> & { needsReload?: boolean }): void {
    this.#statuses.set(name, { needsReload: false, ...status });
  }
}

/** For whoever may read the database: the store's own words name folders and buckets, and are in the server's log. */
function wordsFor(error: unknown): string {
  if (error instanceof PartedError) return error.message;
  if (isOfNewerVersion(error))
    return 'What another server has put into the cloud was written by a newer version of Octavo: upgrade this server. It goes on with what it has; nothing is lost.';
  const failure = error instanceof StoreError ? ` (${error.failure})` : '';
  return `Looking for news in the cloud failed${failure}. Nothing is lost; the server’s log says more.`;
}
