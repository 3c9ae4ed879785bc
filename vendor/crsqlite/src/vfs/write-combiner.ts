import type { StoredFile } from './file-system.ts';

/** Sixteen pages: larger writes cost a browser as much per byte. */
const MOST_BYTES = 64 * 1024;

/**
 * A file that gathers writes which follow each other without a gap and hands them on as one. SQLite writes each page of a journal in
 * three pieces, and the pages of a commit in order; in a browser every write costs as much as copying some ten pages.
 *
 * What is gathered reaches the file at the latest when it is cut, synced or closed; until then reading and measuring count it in. A crash
 * loses it as it may lose any write that has not been synced. When handing on fails, it stays gathered and the failure is that of the
 * operation that asked for it, at the latest the sync before a commit. Measuring, reading, and cutting off what did not fit never fail for
 * it: on a full disk a rollback needs just these.
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
    return Math.max(this.#file.size(), this.#length === 0 ? 0 : this.#start + this.#length);
  }

  read(into: Uint8Array, offset: number): number {
    const read = this.#file.read(into, offset);
    const from = Math.max(offset, this.#start);
    const to = Math.min(offset + into.byteLength, this.#start + this.#length);
    if (this.#gathered === undefined || from >= to) return read;
    // Between the end of the file and what is gathered beyond it there is nothing, which reads as zeros.
    if (read < from - offset) into.fill(0, read, from - offset);
    into.set(this.#gathered.subarray(from - this.#start, to - this.#start), from - offset);
    return Math.max(read, to - offset);
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
    this.#length = Math.max(0, Math.min(this.#length, size - this.#start));
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
