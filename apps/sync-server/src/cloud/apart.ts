import { Worker } from 'node:worker_threads';
import * as v from 'valibot';
import type { FileFacts } from '../databases/examine-file.ts';
import { threadLimits } from '../databases/thread-limits.ts';
import type { Assembly } from './assemble-shop.ts';
import type { FileStanding } from './standing-of-file.ts';

const factsSchema = v.object({
  siteId: v.string(),
  lineage: v.string(),
  formerLineages: v.array(v.string()),
  dbVersion: v.number(),
  schemaVersion: v.number(),
});

const standingSchema = v.object({ head: v.bigint(), mark: v.unknown() });

/**
 * What takes long with files of copies, in threads of their own, so that neither the event loop nor any database waits for
 * it. What the thread throws is thrown here.
 */
export class Apart implements AsyncDisposable {
  readonly #workers = new Set<Worker>();

  /** Reads a file to its end. @throws UnsoundFileError's message where it is no sound database of a server */
  examine(path: string, owner: string): Promise<FileFacts> {
    return this.#run({ task: 'examine', path, owner }, factsSchema);
  }

  /** As {@link assembleShop}. */
  assemble(assembly: Assembly): Promise<FileFacts> {
    return this.#run({ task: 'assemble', ...assembly }, factsSchema);
  }

  /** As {@link standingOfFile}. */
  standing(path: string, owner: string): Promise<FileStanding> {
    return this.#run({ task: 'standing', path, owner }, standingSchema);
  }

  /** Ends what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }

  #run<Result>(task: object, answer: v.GenericSchema<unknown, Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const worker = new Worker(new URL('./copy.worker.ts', import.meta.url), {
      workerData: task,
      execArgv: [],
      resourceLimits: threadLimits,
    });
    this.#workers.add(worker);
    worker.on('message', (facts) => resolve(v.parse(answer, facts)));
    worker.on('error', (error) => reject(error instanceof Error ? error : new Error(String(error))));
    // Settled already where the thread did what it was for.
    worker.on('exit', (code) => {
      this.#workers.delete(worker);
      reject(new Error(`The thread that works on a copy ended with code ${code}.`));
    });
    return promise;
  }
}
