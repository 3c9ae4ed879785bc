import { availableParallelism } from 'node:os';
import type { DatabaseThread } from './database-thread.ts';
import type { HostEvents } from './host-interface.ts';

/** Beyond this, threads cost memory and gain nothing: one thread streams more than a network brings. */
const MOST_THREADS = 4;
/** Also on few cores: a busy database must not stop all others, and the system shares a core fairly. */
const FEWEST_THREADS = 2;

export type StartThread = (owner: string) => DatabaseThread;

export interface ThreadListeners {
  effects: (effects: HostEvents['effects']) => void;
  failed: (failure: HostEvents['failed']) => void;
  wrote: (write: HostEvents['wrote']) => void;
  /** A thread has ended that was not asked to. */
  ended: (thread: DatabaseThread, reason: string) => void;
}

/**
 * The threads that databases live in, made when needed. Where there are cores enough, one stays free for the main
 * thread, which has to answer within milliseconds whatever the databases do.
 */
export class ThreadPool {
  readonly #owner: string;
  readonly #listeners: ThreadListeners;
  readonly #startThread: StartThread;
  readonly #size = Math.max(FEWEST_THREADS, Math.min(MOST_THREADS, availableParallelism() - 1));
  readonly #threads = new Set<DatabaseThread>();

  constructor(owner: string, listeners: ThreadListeners, startThread: StartThread) {
    this.#owner = owner;
    this.#startThread = startThread;
    this.#listeners = listeners;
  }

  /** The thread for one more database: a new one while there may be more, else the one with the fewest. */
  place(): DatabaseThread {
    const [emptiest] = [...this.#threads].sort((left, right) => left.databases.size - right.databases.size);
    if (emptiest !== undefined && (emptiest.databases.size === 0 || this.#threads.size >= this.#size))
      return emptiest;
    return this.#start();
  }

  /** Settles when every thread has answered, each within the time given. @throws RemoteError */
  ping(deadlineMs: number): Promise<unknown> {
    return Promise.all(
      [...this.#threads].map(({ connection }) => connection.call('ping', [], { deadlineMs })),
    );
  }

  /** Ends every thread, whatever it is doing. Returns the databases that were still open in them. */
  async end(): Promise<string[]> {
    const ending = [...this.#threads];
    this.#threads.clear();
    await Promise.all(ending.map((thread) => thread.end()));
    return ending.flatMap((thread) => [...thread.databases]);
  }

  #start(): DatabaseThread {
    const thread = this.#startThread(this.#owner);
    this.#threads.add(thread);
    thread.connection.on('effects', this.#listeners.effects);
    thread.connection.on('failed', this.#listeners.failed);
    thread.connection.on('wrote', this.#listeners.wrote);
    void thread.ended.then((reason) => {
      if (this.#threads.delete(thread)) this.#listeners.ended(thread, reason);
    });
    return thread;
  }
}
