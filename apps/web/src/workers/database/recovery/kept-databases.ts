import { RemoteError } from '@octavo/rpc/remote-error.ts';
import type { Replica } from '@octavo/sync/replica.ts';
import type { KeptDatabase, KeptRecords } from '#lib/recovery/contract.ts';
import type { DatabaseFolder } from '../database-folder.ts';
import { type Generations, KEPT_MS } from '../generations/generations.ts';
import { readKeptRecords } from './kept-records.ts';

export interface KeptDatabasesOptions {
  folder: DatabaseFolder;
  generations: Generations;
  /** Opens a file, without a connection. */
  open: (file: string) => Promise<Replica>;
}

/** The databases that were replaced, for as long as they are kept. */
export class KeptDatabases {
  readonly #folder: DatabaseFolder;
  readonly #generations: Generations;
  readonly #open: (file: string) => Promise<Replica>;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ folder, generations, open }: KeptDatabasesOptions) {
    this.#folder = folder;
    this.#generations = generations;
    this.#open = open;
  }

  /** The newest first. */
  async list(): Promise<KeptDatabase[]> {
    const kept = await this.#generations.kept();
    return kept.map((entry) => ({ ...entry, keptUntil: entry.replacedAt + KEPT_MS }));
  }

  /** The name of its file. @throws RemoteError `not-kept` */
  fileOf(generation: number): string {
    if (!this.#generations.isKept(generation)) notKept();
    return this.#generations.fileOf(generation);
  }

  /** @throws RemoteError `not-kept` */
  async blob(generation: number): Promise<Blob> {
    return (await this.#folder.file(this.fileOf(generation))) ?? notKept();
  }

  /**
   * What a kept database has otherwise than the one in use. `breathe` is awaited between the steps, and ends them by throwing.
   * @throws RemoteError `not-kept`
   */
  records(generation: number, inUse: Replica, breathe: () => Promise<void>): Promise<KeptRecords> {
    return this.alone(async () => {
      const kept = await this.#open(this.fileOf(generation));
      try {
        const reading = readKeptRecords(kept, inUse);
        let step = reading.next();
        while (step.done !== true) {
          await breathe();
          step = reading.next();
        }
        return step.value;
      } finally {
        kept.database.close();
      }
    });
  }

  forget(generation: number): Promise<void> {
    return this.alone(() => this.#generations.forget(generation));
  }

  /** Does what opens or deletes a kept file after whatever does so already: a file can be open only once. */
  alone<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#last.then(run);
    // Whoever asked is told; the next one only waits for its end.
    this.#last = done.catch(() => undefined);
    return done;
  }
}

function notKept(): never {
  const message = 'This database is not kept any more.';
  throw new RemoteError({ code: 'not-kept', message, details: undefined });
}
