import type { Folder } from './folder.ts';
import {
  type CarryOver,
  type GenerationState,
  type KeptGeneration,
  parseState,
  type WhyReplaced,
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
  #state: GenerationState;

  private constructor(
    folder: Folder,
    name: string,
    now: () => number,
    record: SlotRecord | undefined,
    state: GenerationState,
  ) {
    this.#folder = folder;
    this.#name = name;
    this.#now = now;
    this.#record = record;
    this.#state = state;
  }

  /** Reads what is what. A folder without the record has one database, under its plain name. `now` is the wall clock, ms. */
  static async read(folder: Folder, name: string, now: () => number): Promise<Generations> {
    const record = newestRecord((await folder.read(POINTER)) ?? new Uint8Array());
    const state = record && parseState(record.text);
    return new Generations(folder, name, now, record, state ?? { current: 0, kept: [] });
  }

  get state(): GenerationState {
    return this.#state;
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
    // Without a record nothing says what other files are, so nothing of them is touched.
    if (this.#record === undefined) return;
    const known = this.#known();
    for (const generation of await this.#onDisk())
      if (!known.has(generation)) await this.#folder.remove(this.fileOf(generation));
  }

  /** A number that no file has, for a file to be filled. Nothing is written: until it is named it is left-over. */
  async fresh(): Promise<number> {
    const generation = Math.max(...this.#known(), ...(await this.#onDisk())) + 1;
    await this.#folder.remove(this.fileOf(generation));
    return generation;
  }

  /** Somebody wants the database replaced by the file of this number. Holds over a crash, until it is through or cancelled. */
  async begin(generation: number, carry: CarryOver, why: WhyReplaced): Promise<void> {
    await this.#write({ ...this.#state, replacement: { generation, carry, why } });
  }

  /** The replacement is not to be. Its file is left-over from now on. */
  async cancel(): Promise<void> {
    const { current, kept } = this.#state;
    await this.#write({ current, kept });
  }

  /** From here on the file of this number is the database, and the one before is kept. Both must be closed. */
  async switchTo(generation: number, why: WhyReplaced): Promise<void> {
    const { current, kept } = this.#state;
    const others = kept.filter((entry) => entry.generation !== generation);
    await this.#write({
      current: generation,
      kept: [...others, { generation: current, replacedAt: this.#now(), why }],
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
    this.#state = state;
  }
}
