import type { Folder } from './folder.ts';
import type { WhyReplaced } from '#lib/recovery/contract.ts';
import {
  type GenerationState,
  type KeptGeneration,
  parseState,
  type Replacement,
} from './generation-state.ts';
import { newestRecord, nextWrite, type SlotRecord } from './slots.ts';

/** Says which file is the database. */
export const POINTER = 'generations';
/** Replaced databases are kept for so long. */
export const KEPT_MS = 14 * 24 * 3_600_000;

/** A kept database as it lies on the disk. */
export interface KeptFile extends KeptGeneration {
  /** Bytes. */
  size: number;
}

/**
 * The files that a database has been in: the one in use, those that it has replaced, and one that may be being filled to
 * replace it. What is what is one record, which is switched in one step, so that a crash leaves the one or the other.
 * Only whoever leads may use it.
 */
export class Generations {
  readonly #folder: Folder;
  readonly #name: string;
  readonly #now: () => number;
  #record: SlotRecord | undefined;
  #unreadable: boolean;
  #state: GenerationState;

  private constructor(folder: Folder, name: string, now: () => number, file: Uint8Array | undefined) {
    const record = file && newestRecord(file);
    this.#folder = folder;
    this.#name = name;
    this.#now = now;
    this.#record = record;
    const state = record && parseState(record.text);
    this.#unreadable = file !== undefined && state === undefined;
    this.#state = state ?? { current: 0, kept: [] };
  }

  /** Reads what is what. A folder without the record has one database, under its plain name. `now` is the wall clock, ms. */
  static async read(folder: Folder, name: string, now: () => number): Promise<Generations> {
    return new Generations(folder, name, now, await folder.read(POINTER));
  }

  get state(): GenerationState {
    return this.#state;
  }

  /** Whether there is a record of which file is the database, and it is damaged. */
  get unreadable(): boolean {
    return this.#unreadable;
  }

  /** The name of the file in use. */
  get currentFile(): string {
    return this.fileOf(this.#state.current);
  }

  fileOf(generation: number): string {
    return generation === 0 ? this.#name : `${this.#name}.${generation}`;
  }

  /** The kept databases, the newest first. */
  async kept(): Promise<KeptFile[]> {
    const sizes = new Map((await this.#folder.files()).map(({ name, size }) => [name, size]));
    return this.#state.kept
      .map((entry) => ({ ...entry, size: sizes.get(this.fileOf(entry.generation)) ?? 0 }))
      .reverse();
  }

  isKept(generation: number): boolean {
    return this.#state.kept.some((entry) => entry.generation === generation);
  }

  /** Deletes what has been kept long enough, and what a crash has left behind. */
  async tidy(): Promise<void> {
    const limit = this.#now() - KEPT_MS;
    const kept = this.#state.kept.filter(({ replacedAt }) => replacedAt >= limit);
    if (kept.length < this.#state.kept.length) await this.#write({ ...this.#state, kept });
    const known = this.#known();
    const onDisk = await this.#onDisk();
    // Where the record cannot be read, or the database is not where it says, the others may be all that there is.
    if (this.#unreadable || !onDisk.has(this.#state.current)) return;
    for (const generation of onDisk)
      if (!known.has(generation)) await this.#folder.remove(this.fileOf(generation));
  }

  /** A number that no file has, for a file to be filled. Nothing is written: until it is named it is left-over. */
  async fresh(): Promise<number> {
    const generation = Math.max(...this.#known(), ...(await this.#onDisk())) + 1;
    await this.#folder.remove(this.fileOf(generation));
    return generation;
  }

  /** Somebody wants the database replaced. Holds over a crash, until it is through or cancelled. */
  async begin(replacement: Replacement): Promise<void> {
    await this.#write({ ...this.#state, replacement });
  }

  /** The replacement is not to be. Its file is left-over from now on. */
  async cancel(): Promise<void> {
    const { current, kept } = this.#state;
    await this.#write({ current, kept });
  }

  /**
   * From here on the file of this number is the database. The one before is kept, where there is something in it to keep.
   * Both must be closed.
   */
  async switchTo(generation: number, why: WhyReplaced, { keep = true } = {}): Promise<void> {
    const { current, kept } = this.#state;
    const others = kept.filter((entry) => entry.generation !== generation);
    const before = { generation: current, replacedAt: this.#now(), why };
    await this.#write({ current: generation, kept: keep ? [...others, before] : others });
  }

  /** Whether it cannot be told which of the files is the database: the record is gone, and there is more than the first. */
  async isUndecided(): Promise<boolean> {
    const onDisk = await this.#onDisk();
    return this.#unreadable && (onDisk.size > 1 || (onDisk.size === 1 && !onDisk.has(0)));
  }

  /**
   * A new file becomes the database, because the one in use cannot be opened, which is kept; where it cannot be told which
   * one that is, all are. They must be closed.
   */
  async setAside(): Promise<void> {
    const { current, kept } = this.#state;
    const generation = await this.fresh();
    const aside = this.#unreadable ? [...(await this.#onDisk())] : [current];
    const others = kept.filter((entry) => !aside.includes(entry.generation));
    const replacedAt = this.#now();
    await this.#write({
      current: generation,
      kept: [
        ...others,
        ...aside.map((entry) => ({ generation: entry, replacedAt, why: 'damaged' as const })),
      ],
    });
  }

  /** Deletes a kept database. */
  async forget(generation: number): Promise<void> {
    if (!this.isKept(generation)) return;
    const kept = this.#state.kept.filter((entry) => entry.generation !== generation);
    await this.#write({ ...this.#state, kept });
    await this.#folder.remove(this.fileOf(generation));
  }

  #known(): Set<number> {
    const { current, kept, replacement } = this.#state;
    const known = new Set([current, ...kept.map(({ generation }) => generation)]);
    return replacement === undefined ? known : known.add(replacement.generation);
  }

  async #onDisk(): Promise<Set<number>> {
    const generations = new Set<number>();
    for (const { name } of await this.#folder.files()) {
      const file = name.replace(/-journal$/, '');
      if (file === this.#name) generations.add(0);
      else if (file.startsWith(`${this.#name}.`)) {
        const number = file.slice(this.#name.length + 1);
        if (/^[1-9]\d{0,8}$/.test(number)) generations.add(Number(number));
      }
    }
    return generations;
  }

  async #write(state: GenerationState): Promise<void> {
    const { at, bytes, record } = nextWrite(this.#record, JSON.stringify(state));
    await this.#folder.write(POINTER, at, bytes);
    this.#record = record;
    this.#unreadable = false;
    this.#state = state;
  }
}
