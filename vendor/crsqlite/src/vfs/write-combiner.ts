import type { StoredFile } from './file-system.ts';

/** Sixteen pages: larger writes cost a browser as much per byte. */
const MOST_BYTES = 64 * 1024;

/**
 * A file that gathers writes which follow each other without a gap and hands them on as one. SQLite writes each page of a journal in
 * three pieces, and the pages of a commit in order; in a browser every write costs as much as copying some ten pages.
 *
 * What is gathered reaches the file before anything could tell the difference: before it is read, measured, cut, synced or
 * closed. A crash loses it as it may lose any write that has not been synced. When handing on fails, it stays gathered and the failure is
 * that of the operation that asked for it, at the latest the sync before a commit.
 */
export class WriteCombiner implements StoredFile {
  readonly #file: StoredFile;
  #gathered: Uint8Array | undefined;
  #start = 0;
  #length = 0;

  constructor(file: StoredFile) {
    this.#file = file;
  }

  size(): number {
    this.#handOn();
    return this.#file.size();
  }

  read(into: Uint8Array, offset: number): number {
    const end = this.#start + this.#length;
    if (offset < end && offset + into.byteLength > this.#start) this.#handOn();
    return this.#file.read(into, offset);
  }

  write(from: Uint8Array, offset: number): void {
    const follows = offset === this.#start + this.#length && this.#length + from.byteLength <= MOST_BYTES;
    if (!follows) this.#handOn();
    if (from.byteLength > MOST_BYTES) {
      this.#file.write(from, offset);
      return;
    }
    this.#gathered ??= new Uint8Array(MOST_BYTES);
    if (this.#length === 0) this.#start = offset;
    this.#gathered.set(from, this.#length);
    this.#length += from.byteLength;
  }

  truncate(size: number): void {
    this.#handOn();
    this.#file.truncate(size);
  }

  sync(): void {
    this.#handOn();
    this.#file.sync();
  }

  close(): void {
    try {
      this.#handOn();
    } finally {
      this.#file.close();
    }
  }

  #handOn(): void {
    if (this.#length === 0 || this.#gathered === undefined) return;
    this.#file.write(this.#gathered.subarray(0, this.#length), this.#start);
    this.#length = 0;
  }
}
