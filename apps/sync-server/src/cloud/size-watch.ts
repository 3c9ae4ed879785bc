import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { adviceFor } from './size-advice.ts';
import type { UploadCounts } from './upload-counts.ts';

/** From which size on a database is spoken of, bytes. */
export interface SizeLimits {
  info: number;
  warning: number;
}

export type SizeLevel = 'small' | 'noted' | 'large';

export interface DatabaseSize {
  bytes: number;
  level: SizeLevel;
  /** What to do about it, in words; undefined where it is small. */
  advice: string | undefined;
}

/** Speaks up when a database grows beyond a limit: once for each, and again after a start. */
export class SizeWatch {
  readonly #folder: DataFolder;
  readonly #limits: SizeLimits;
  readonly #counts: UploadCounts;
  readonly #logger: Logger;
  readonly #sizes = new Map<string, { bytes: number; level: SizeLevel }>();
  readonly #looking = new Set<string>();

  constructor(options: { folder: DataFolder; limits: SizeLimits; counts: UploadCounts; logger: Logger }) {
    this.#folder = options.folder;
    this.#limits = options.limits;
    this.#counts = options.counts;
    this.#logger = options.logger;
  }

  /** Of the databases that were used since the start. */
  get levels(): ReadonlyMap<string, SizeLevel> {
    return new Map([...this.#sizes].map(([name, { level }]) => [name, level]));
  }

  sizeOf(name: string): DatabaseSize | undefined {
    const size = this.#sizes.get(name);
    return size && { ...size, advice: this.#advice(name, size.bytes, size.level) };
  }

  /** A database was opened or written to. Whoever did that does not wait. */
  look(name: string): void {
    if (this.#looking.has(name)) return;
    this.#looking.add(name);
    stat(this.#folder.pathOf(name))
      .then(({ size }) => this.#note(name, size))
      // It may just have been replaced; whoever comes next looks again.
      .catch((error: unknown) => this.#logger.debug({ err: error, database: name }, 'its size is not known'))
      .finally(() => this.#looking.delete(name));
  }

  #note(name: string, bytes: number): void {
    const level = bytes >= this.#limits.warning ? 'large' : bytes >= this.#limits.info ? 'noted' : 'small';
    const before = this.#sizes.get(name)?.level ?? 'small';
    this.#sizes.set(name, { bytes, level });
    if (level === before || level === 'small' || (before === 'large' && level === 'noted')) return;
    const words = { database: name, bytes, advice: this.#advice(name, bytes, level) };
    if (level === 'large') this.#logger.warn(words, 'the database is large');
    else this.#logger.info(words, 'the database grows');
  }

  #advice(name: string, bytes: number, level: SizeLevel): string | undefined {
    return level === 'small' ? undefined : adviceFor(bytes, this.#counts.of(name));
  }
}
