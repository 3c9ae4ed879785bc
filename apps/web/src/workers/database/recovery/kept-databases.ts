import { RemoteError } from '@octavo/rpc/remote-error.ts';
import type { KeptDatabase } from '#lib/recovery/contract.ts';
import type { DatabaseFolder } from '../database-folder.ts';
import { type Generations, KEPT_MS } from '../generations/generations.ts';

/** The databases that were replaced, for as long as they are kept. */
export class KeptDatabases {
  readonly #folder: DatabaseFolder;
  readonly #generations: Generations;

  constructor(folder: DatabaseFolder, generations: Generations) {
    this.#folder = folder;
    this.#generations = generations;
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

  forget(generation: number): Promise<void> {
    return this.#generations.forget(generation);
  }
}

function notKept(): never {
  const message = 'This database is not kept any more.';
  throw new RemoteError({ code: 'not-kept', message, details: undefined });
}
