import { Worker } from 'node:worker_threads';
import { connect, type Connection } from '@octavo/rpc/connect.ts';
import type { Port } from '@octavo/rpc/port.ts';
import { FrameQueue } from './frame-queue.ts';
import type { HostMethods } from './database-host.ts';
import type { HostEvents } from './host-interface.ts';
import { threadLimits } from './thread-limits.ts';

/** Longer than any sound operation on a database of this product's size; beyond it the thread hangs. */
const CALL_DEADLINE_MS = 10 * 60_000;

/** A worker thread that owns open databases, as seen from the main thread. */
export class DatabaseThread {
  readonly connection: Connection<HostMethods, object, HostEvents>;
  /** Settles when the thread has ended, with why. */
  readonly ended: Promise<string>;
  /** Names of the databases that live here. */
  readonly databases = new Set<string>();
  /** What connections bring, on its way to the thread. */
  readonly frames = new FrameQueue();
  readonly #worker: Worker;

  constructor(owner: string) {
    this.#worker = new Worker(new URL('./database-host.worker.ts', import.meta.url), {
      workerData: { owner },
      execArgv: [],
      resourceLimits: threadLimits,
    });
    this.connection = connect<HostMethods, object, HostEvents>(portOf(this.#worker), {
      deadlineMs: CALL_DEADLINE_MS,
    });
    this.ended = this.#watch();
  }

  get remote() {
    return this.connection.remote;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
    await this.ended;
  }

  #watch(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#worker.on('error', (error) => resolve(error instanceof Error ? error.message : String(error)));
    this.#worker.on('exit', (code) => resolve(`its thread ended with code ${code}`));
    return promise.then((reason) => {
      this.connection.close(reason);
      return reason;
    });
  }
}

/** Node's workers are event emitters; ports in the browser, and here, are event targets. */
function portOf(worker: Worker): Port {
  const adapted = new Map<(event: object) => void, (data: unknown) => void>();
  return {
    // What the rpc package was told to move are buffers and ports, which is what Node moves.
    postMessage: (message, owned) => worker.postMessage(message, owned as ArrayBuffer[]),
    addEventListener: (_type, listener) => {
      const onMessage = (data: unknown) => listener({ data });
      adapted.set(listener, onMessage);
      worker.on('message', onMessage);
    },
    removeEventListener: (_type, listener) => {
      const onMessage = adapted.get(listener);
      if (onMessage !== undefined) worker.off('message', onMessage);
      adapted.delete(listener);
    },
  };
}
