import { statSync } from 'node:fs';
import type { DataFolder } from '../data-folder/data-folder.ts';

/** A database is there and is not served. The message says what is the matter with it. */
export class DatabaseOutOfServiceError extends Error {
  override readonly name = 'DatabaseOutOfServiceError';
}

/**
 * When another attempt may end better: `later`, after a while or when the file has changed; `changed`, only then; `replaced`,
 * when another file lies in its place; `present`, when there is a file.
 */
export type AnotherChance = 'later' | 'changed' | 'replaced' | 'present';

/** Databases that are not here and should be: an empty one in the place of one would part it from its replicas. */
export interface Missed {
  /** Why, by their names. They are out of service until a file lies in their place. */
  names: ReadonlyMap<string, string>;
  /** Why nobody knows whether there are more: then none is begun by being used. */
  more: string | undefined;
}

interface Trouble {
  /** Thrown at whoever wants the database meanwhile. */
  error: Error;
  chance: AnotherChance;
  failures: number;
  /** Monotonic ms. */
  at: number;
  /** As it was then; `undefined` where there was none. */
  file: FileFacts | undefined;
}

interface FileFacts {
  device: bigint;
  inode: bigint;
  bytes: bigint;
  modified: bigint;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A file that was written to within this time may be half of what it is going to be. */
const QUIET_MS = 1_000;

/**
 * The databases that cannot be served, and why: what fails for one does not concern the others, and is not tried again
 * with every client that comes.
 */
export class OutOfService {
  readonly #folder: DataFolder;
  readonly #troubles = new Map<string, Trouble>();
  readonly #more: string | undefined;

  constructor(folder: DataFolder, missed?: Missed) {
    this.#folder = folder;
    this.#more = missed?.more;
    for (const [name, why] of missed?.names ?? [])
      this.report(name, new DatabaseOutOfServiceError(why), 'present');
  }

  /** Why each of them is not served, in words. */
  get reasons(): ReadonlyMap<string, string> {
    return new Map([...this.#troubles].map(([name, { error }]) => [name, error.message]));
  }

  /** Takes a database out of service. */
  report(name: string, error: Error, chance: AnotherChance): void {
    const failures = (this.#troubles.get(name)?.failures ?? 0) + 1;
    const file = factsOf(this.#folder.pathOf(name));
    this.#troubles.set(name, { error, chance, failures, at: performance.now(), file });
  }

  /** It works, or it is another one now. Returns whether it was out of service. */
  clear(name: string): boolean {
    return this.#troubles.delete(name);
  }

  /** Lets those pass who may try. @throws the error that a database was taken out of service with. */
  demand(name: string): void {
    const trouble = this.#troubles.get(name);
    if (trouble === undefined) return;
    switch (this.#prospect(name, trouble)) {
      case 'none':
        throw trouble.error;
      case 'gone':
        this.#troubles.delete(name);
        return;
      case 'good':
        return;
    }
  }

  /** Lets those pass that are here or are not missed. @throws DatabaseOutOfServiceError where nobody knows */
  demandBeginning(name: string): void {
    if (this.#more !== undefined && !this.#folder.has(name)) throw new DatabaseOutOfServiceError(this.#more);
  }

  /** Those that are worth an attempt now. */
  due(): string[] {
    return [...this.#troubles]
      .filter(([name, trouble]) => this.#prospect(name, trouble) !== 'none')
      .map(([name]) => name);
  }

  #prospect(name: string, { chance, file: then, failures, at }: Trouble): 'good' | 'none' | 'gone' {
    const now = factsOf(this.#folder.pathOf(name));
    // Whoever has put a broken file away is done with it; one that vanished while it was served is missed.
    if (now === undefined) return chance === 'present' ? 'none' : 'gone';
    const another = then === undefined || now.inode !== then.inode || now.device !== then.device;
    const changed = another || now.bytes !== then.bytes || now.modified !== then.modified;
    const quiet = Date.now() - Number(now.modified / 1_000_000n) >= QUIET_MS;
    switch (chance) {
      case 'present':
        return quiet ? 'good' : 'none';
      case 'changed':
        return changed && quiet ? 'good' : 'none';
      case 'replaced':
        return another && quiet ? 'good' : 'none';
      case 'later':
        return (changed && quiet) || performance.now() - at >= pauseAfter(failures) ? 'good' : 'none';
    }
  }
}

function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 16));
}

function factsOf(path: string): FileFacts | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return undefined;
  return { device: found.dev, inode: found.ino, bytes: found.size, modified: found.mtimeNs };
}
