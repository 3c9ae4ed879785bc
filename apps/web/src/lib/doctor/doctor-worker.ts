import { connect, type Connection } from '@octavo/rpc/connect.ts';
import { spawnDoctorWorker } from '../workers.ts';
import type { DoctorWorkerMethods, Examination, Probe, WorkerProbes } from './contract.ts';

/** Copying and checking a large file takes a while. */
const DEADLINE_MS = 60_000;
const PROBE_DEADLINE_MS = 8_000;

const unknown: Probe = { state: 'unknown' };

/** A worker that tries what the database's worker needs, and looks at the files: it must not need what it is to test. */
export class DoctorWorker implements Disposable {
  readonly #worker = spawnDoctorWorker();
  readonly #connection: Connection<DoctorWorkerMethods, object, object>;

  constructor() {
    this.#connection = connect<DoctorWorkerMethods>(this.#worker, {
      deadlineMs: DEADLINE_MS,
    });
    this.#worker.addEventListener('error', (event) => {
      const message = event instanceof ErrorEvent ? event.message : 'it could not be loaded.';
      this.#connection.close(message);
    });
  }

  /** Whether a worker runs at all, and what it can do. */
  async probe(): Promise<{ workers: Probe; probes: WorkerProbes }> {
    try {
      const probes = await this.#connection.call('probe', [], { deadlineMs: PROBE_DEADLINE_MS });
      return { workers: { state: 'works' }, probes };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const probes = { files: unknown, exclusiveFiles: unknown, locks: unknown, channels: unknown };
      return { workers: { state: 'fails', why }, probes };
    }
  }

  async examine(database: string, wasm: WebAssembly.Module | undefined): Promise<Examination> {
    try {
      return await this.#connection.remote.examine(database, wasm);
    } catch (error) {
      return { state: 'not-possible', why: error instanceof Error ? error.message : String(error) };
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close('the examination is over.');
    this.#worker.terminate();
  }
}
