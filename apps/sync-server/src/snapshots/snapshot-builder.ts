import { Worker } from 'node:worker_threads';
import type { BuildOrder } from './build-snapshot.ts';
import type { SnapshotFacts } from './snapshot-facts.ts';

/** A snapshot could not be made. Clients are filled by streaming then. */
export class SnapshotFailedError extends Error {
  override readonly name = 'SnapshotFailedError';
}

/**
 * Makes snapshots in a thread of their own, one at a time: neither the event loop nor the sessions of any database wait
 * for it, and of many databases that are asked for at once each gets the whole of one core.
 */
export class SnapshotBuilder {
  #last: Promise<unknown> = Promise.resolve();
  #worker: Worker | undefined;
  #closed = false;

  /**
   * `prepare` runs when it is this build's turn, before the thread starts.
   * @throws SnapshotFailedError, or what `prepare` throws.
   */
  build(order: BuildOrder, prepare: () => Promise<void>): Promise<SnapshotFacts> {
    const build = this.#last.then(async () => {
      if (this.#closed) throw new SnapshotFailedError('The server is shutting down.');
      await prepare();
      return this.#run(order);
    });
    this.#last = Promise.allSettled([build]);
    return build;
  }

  /** Ends what is under way; its files are removed at the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
    await this.#last;
  }

  #run(order: BuildOrder): Promise<SnapshotFacts> {
    const { promise, resolve, reject } = Promise.withResolvers<SnapshotFacts>();
    const worker = new Worker(new URL('./snapshot.worker.ts', import.meta.url), {
      workerData: order,
      execArgv: [],
    });
    this.#worker = worker;
    worker.on('message', (facts: SnapshotFacts) => resolve(facts));
    worker.on('error', (cause) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      reject(new SnapshotFailedError(`The snapshot could not be made: ${why}`, { cause }));
    });
    // Settled already where the thread did what it was for.
    worker.on('exit', (code) =>
      reject(new SnapshotFailedError(`The thread that made the snapshot ended with code ${code}.`)),
    );
    return promise.finally(() => {
      this.#worker = undefined;
    });
  }
}
