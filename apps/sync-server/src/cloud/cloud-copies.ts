import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Databases } from '../databases/databases.ts';
import type { Apart } from './apart.ts';
import { CloudCopy, type CloudCopyOptions } from './cloud-copy.ts';
import type { CopySource } from './copy-source.ts';
import { type CopyState, failureOf, toReport } from './copy-state.ts';
import type { ObjectStore } from './store/object-store.ts';

/** Whoever wrote over HTTP waits at most so long to hear that it is copied. */
const WAIT_MS = 2_000;

export interface CloudCopiesOptions extends Pick<CloudCopyOptions, 'keptMs' | 'wall'> {
  databases: Databases;
  store: ObjectStore;
  apart: Apart;
  /** Who holds files, in words. */
  owner: string;
  logger: Logger;
  /** An upload of a database has ended well. */
  onUploaded?: (database: string, upload: Parameters<NonNullable<CloudCopyOptions['onUploaded']>>[0]) => void;
}

/** The copies of all databases of a server in one store. */
export class CloudCopies {
  readonly #options: CloudCopiesOptions;
  readonly #copies = new Map<string, CloudCopy>();
  readonly #states = new Map<string, CopyState>();
  /** Uploads that are under way or wait for their turn, with what they are to take along. */
  readonly #uploads = new Map<string, Promise<CopyState | undefined>>();
  /** Databases that much is being written to, with whether something was: it goes out together in the end. */
  readonly #held = new Map<string, boolean>();

  constructor(options: CloudCopiesOptions) {
    this.#options = options;
  }

  /** Where the copies are, in words. */
  get place(): string {
    return this.#options.store.place;
  }

  /** How far copies are, of the databases that were used since the start. */
  get states(): ReadonlyMap<string, CopyState> {
    return this.#states;
  }

  /** Databases of which the copy fails. */
  get failing(): string[] {
    return [...this.#states].filter(([, state]) => failureOf(state) !== undefined).map(([name]) => name);
  }

  /**
   * Finds out how the copy of a database is, opening it if need be. When it has been opened it may be another file than before,
   * and whoever connects is to know.
   */
  async look(name: string): Promise<void> {
    try {
      await this.#copyOf(name).begin();
    } catch (error) {
      this.#options.logger.debug({ err: error, database: name }, 'it is not known how a copy is');
    }
  }

  /** Something was written to a database: it goes out with the next upload. */
  wrote(name: string): void {
    if (this.#held.has(name)) this.#held.set(name, true);
    else void this.#upload(name);
  }

  /** Runs something that writes much; all of it goes out in one upload. */
  async together<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
    if (this.#held.has(name)) return run();
    this.#held.set(name, false);
    try {
      return await run();
    } finally {
      const written = this.#held.get(name);
      this.#held.delete(name);
      if (written === true) void this.#upload(name);
    }
  }

  /**
   * Waits until what was just written is copied, or that has failed: not for ever, and not at all where the last upload
   * failed, since nobody may wait twice for a store that is away.
   */
  async settled(name: string): Promise<void> {
    const upload = this.#uploads.get(name);
    if (upload === undefined || failureOf(this.#states.get(name)) !== undefined) return;
    const enough = new AbortController();
    await Promise.race([upload, delay(WAIT_MS, undefined, { signal: enough.signal }).catch(() => undefined)]);
    enough.abort();
  }

  /** Tries now. Returns what came of it. @throws what opening the database throws */
  async retry(name: string): Promise<CopyState | undefined> {
    await this.#options.databases.use(name, { create: false }, (remote) => remote.ping());
    return this.#upload(name);
  }

  /** Settles when no upload is under way, or has gone on for so long: the next start finds that it is not copied. */
  async idle(mostMs = Infinity): Promise<void> {
    const enough = new AbortController();
    const late = delay(Math.min(mostMs, 2 ** 31 - 1), 'late', { signal: enough.signal }).catch(() => 'late');
    while (this.#uploads.size > 0) {
      const ended = await Promise.race([Promise.allSettled(this.#uploads.values()), late]);
      if (ended === 'late') break;
    }
    enough.abort();
  }

  /** Undefined where it could not even be tried. */
  #upload(name: string): Promise<CopyState | undefined> {
    const upload = this.#copyOf(name)
      .upload()
      .catch((error: unknown) => {
        this.#options.logger.error({ err: error, database: name }, 'a database could not be copied');
        return undefined;
      })
      .finally(() => {
        if (this.#uploads.get(name) === upload) this.#uploads.delete(name);
      });
    this.#uploads.set(name, upload);
    return upload;
  }

  #copyOf(name: string): CloudCopy {
    const known = this.#copies.get(name);
    if (known !== undefined) return known;
    const { store, databases, apart, owner, logger, wall, keptMs, onUploaded } = this.#options;
    const copy = new CloudCopy({
      database: name,
      store,
      source: this.#sourceOf(name),
      temporaryPath: () => databases.folder.temporaryPath(name),
      examine: (path) => apart.examine(path, owner),
      keptMs,
      wall,
      logger,
      onState: (state) => {
        this.#states.set(name, state);
        databases.tellCloud(name, toReport(state));
      },
      onUploaded: (upload) => onUploaded?.(name, upload),
    });
    this.#copies.set(name, copy);
    return copy;
  }

  #sourceOf(name: string): CopySource {
    const { databases } = this.#options;
    const there = { create: false };
    return {
      standing: () => databases.use(name, there, (remote) => remote.copyStanding(name)),
      part: (after, most) => databases.use(name, there, (remote) => remote.copyPart(name, after, most)),
      file: (path) => databases.use(name, there, (remote) => remote.copyWhole(name, path)),
      mark: (owner, mark) => databases.use(name, there, (remote) => remote.markCopy(name, owner, mark)),
    };
  }
}
