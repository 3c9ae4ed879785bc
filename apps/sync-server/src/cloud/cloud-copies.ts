import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Databases } from '../databases/databases.ts';
import { CloudCopy, type CopyState } from './cloud-copy.ts';
import type { CopySource } from './copy-source.ts';
import type { ObjectStore } from './store/object-store.ts';

/** Whoever wrote over HTTP waits at most so long to hear that it is copied. */
const WAIT_MS = 2_000;

export interface CloudCopiesOptions {
  databases: Databases;
  store: ObjectStore;
  logger: Logger;
  wall: () => number;
}

/** The copies of all databases of a server in one store. */
export class CloudCopies {
  readonly #options: CloudCopiesOptions;
  readonly #copies = new Map<string, Promise<CloudCopy>>();
  readonly #states = new Map<string, CopyState>();
  /** Uploads that are under way or wait for their turn, with what they are to take along. */
  readonly #uploads = new Map<string, Promise<void>>();

  constructor(options: CloudCopiesOptions) {
    this.#options = options;
  }

  /** How far copies are, of the databases that were used since the start. */
  get states(): ReadonlyMap<string, CopyState> {
    return this.#states;
  }

  /** Something was written to a database: it goes out with the next upload. */
  wrote(name: string): void {
    this.#upload(name);
  }

  /**
   * Waits until what was just written is copied, or that has failed: not for ever, and not at all where the last upload
   * failed, since nobody may wait twice for a store that is away.
   */
  async settled(name: string): Promise<void> {
    const upload = this.#uploads.get(name);
    if (upload === undefined || this.#failedBefore.has(name)) return;
    const enough = new AbortController();
    await Promise.race([upload, delay(WAIT_MS, undefined, { signal: enough.signal }).catch(() => undefined)]);
    enough.abort();
  }

  /** Tries now. Returns what came of it. @throws what opening the database throws */
  async retry(name: string): Promise<CopyState | undefined> {
    await (await this.#copyOf(name)).upload();
    return this.#states.get(name);
  }

  /** Settles when no upload is under way. */
  async idle(): Promise<void> {
    while (this.#uploads.size > 0) await Promise.allSettled(this.#uploads.values());
  }

  readonly #failedBefore = new Set<string>();

  #upload(name: string): void {
    if (this.#states.get(name)?.state === 'failed') this.#failedBefore.add(name);
    const upload = this.#copyOf(name)
      .then((copy) => copy.upload())
      .catch((error: unknown) => {
        this.#options.logger.error({ err: error, database: name }, 'a database could not be copied');
      })
      .finally(() => {
        if (this.#uploads.get(name) === upload) this.#uploads.delete(name);
      });
    this.#uploads.set(name, upload);
  }

  #copyOf(name: string): Promise<CloudCopy> {
    const known = this.#copies.get(name);
    if (known !== undefined) return known;
    const { store, databases, logger, wall } = this.#options;
    const copy = new CloudCopy({
      database: name,
      store,
      source: this.#sourceOf(name),
      temporaryPath: () => databases.folder.temporaryPath(name),
      wall,
      logger,
      onState: (state) => {
        this.#states.set(name, state);
        if (state.state === 'current') this.#failedBefore.delete(name);
      },
    });
    const begun = copy.begin().then(() => copy);
    this.#copies.set(name, begun);
    begun.catch(() => this.#copies.delete(name));
    return begun;
  }

  #sourceOf(name: string): CopySource {
    const { databases } = this.#options;
    const there = { create: false };
    return {
      standing: () => databases.use(name, there, (remote) => remote.copyStanding(name)),
      part: (after, most) => databases.use(name, there, (remote) => remote.copyPart(name, after, most)),
      file: (path) => databases.use(name, there, (remote) => remote.copyWhole(name, path)),
      mark: (mark) => databases.use(name, there, (remote) => remote.markCopy(name, mark)),
    };
  }
}
