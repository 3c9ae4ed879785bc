import type { SnapshotAccount } from '@octavo/sync/snapshot/snapshot-account.ts';
import type { DatabaseFolder } from '../database-folder.ts';
import type { Generations } from '../generations/generations.ts';
import type { Standing } from '../snapshot/when-worth-it.ts';
import type { Candidate } from './candidate.ts';

/** Opens a new or half-filled file and fills it from the server. */
export type Fill = (
  file: string,
  options: {
    /** How the replica that would stream otherwise stands to the server. */
    standing: () => Standing;
    isOfUse: (snapshot: SnapshotAccount) => boolean;
    onChange: () => void;
  },
) => Promise<Candidate>;

export interface FillingOptions {
  folder: DatabaseFolder;
  generations: Generations;
  fill: Fill;
  standing: () => Standing;
  isOfUse: (snapshot: SnapshotAccount) => boolean;
  /** Whether a file is of no use that has to be filled by streaming, which the one in use can do as well. */
  onlyFromSnapshot: () => boolean;
  onChange: (candidate: Candidate | undefined) => void;
}

interface FilledFile {
  generation: number;
  file: Promise<Candidate>;
  opened: Candidate | undefined;
}

/** The one file that is being filled beside the database in use, whoever wants it: at most one at a time. */
export class Filling {
  readonly #options: FillingOptions;
  #current: FilledFile | undefined;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(options: FillingOptions) {
    this.#options = options;
  }

  /** Whether there is a file, filled or not. */
  get underWay(): boolean {
    return this.#current !== undefined;
  }

  /** The file, once it is open. */
  get candidate(): Candidate | undefined {
    return this.#current?.opened;
  }

  /** That of the file there is, else a new one. */
  async generation(): Promise<number> {
    return this.#current?.generation ?? (await this.#options.generations.fresh());
  }

  /** The file once it has everything; undefined when it is not wanted any more. */
  async fill(generation: number): Promise<Candidate | undefined> {
    if (this.#current?.generation !== generation) {
      await this.drop();
      this.#current = { generation, file: this.#open(generation), opened: undefined };
    }
    const mine = this.#current;
    const candidate = await mine.file;
    mine.opened = candidate;
    while (!candidate.level) {
      if (this.#closed || this.#current !== mine) break;
      if (candidate.broken) throw new Error(candidate.problem);
      if (candidate.streamedBecause !== undefined && this.#options.onlyFromSnapshot()) return candidate;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (!this.#closed && this.#current === mine) return candidate;
    candidate.close();
    return undefined;
  }

  /** Lets go of the file and leaves it where it is: whoever goes on with it opens it anew. */
  release(): void {
    this.#current?.opened?.close();
    this.#current = undefined;
  }

  /** Deletes the file. */
  async drop(): Promise<void> {
    const { folder, generations } = this.#options;
    const dropped = this.#current;
    if (dropped === undefined) return;
    this.#current = undefined;
    this.#wake();
    dropped.opened?.close();
    // One that could not be opened has nothing to close.
    await dropped.file.then(
      (opened) => opened.closed(),
      () => undefined,
    );
    await folder.remove(generations.fileOf(dropped.generation));
  }

  close(): void {
    this.#closed = true;
    this.#current?.opened?.close();
    this.#wake();
  }

  #open(generation: number): Promise<Candidate> {
    const { fill, generations, standing, isOfUse, onChange } = this.#options;
    return fill(generations.fileOf(generation), {
      standing,
      isOfUse,
      onChange: () => {
        onChange(this.candidate);
        this.#wake();
      },
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
