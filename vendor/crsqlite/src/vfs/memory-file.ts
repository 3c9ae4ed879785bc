import type { StoredFile } from './file-system.ts';

/** What a disk writes whole or not at all. */
export const SECTOR_BYTES = 512;
/** What is remembered of the synced state, a SQLite page at a time. */
const BLOCK_BYTES = 4096;
const FIRST_CAPACITY_BYTES = 16 * 1024;

/** Whether a sector that was written after the last sync reached the disk before the power went. */
export type SectorSurvives = (sector: number) => boolean;

/**
 * A file in memory that knows, besides its content, what of it has been synced: on the first write to a block after a sync the
 * block's synced content is kept, so {@link afterPowerCut} can tell what a disk would hold.
 */
export class MemoryFile implements StoredFile {
  #bytes: Uint8Array;
  #size: number;
  #syncedSize = 0;
  /** The smallest size since the last sync. */
  #lowestSize = 0;
  /** Blocks of the synced content that have been overwritten since, by their number. */
  readonly #syncedBlocks = new Map<number, Uint8Array>();
  #everSynced = false;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes;
    this.#size = bytes.byteLength;
  }

  /** A file whose content is on the disk already. */
  static synced(bytes: Uint8Array): MemoryFile {
    const file = new MemoryFile(bytes);
    file.sync();
    return file;
  }

  /** False until the first sync: the disk may not even know the file's name. */
  get everSynced(): boolean {
    return this.#everSynced;
  }

  size(): number {
    return this.#size;
  }

  read(into: Uint8Array, offset: number): number {
    const end = Math.min(offset + into.byteLength, this.#size);
    if (end <= offset) return 0;
    into.set(this.#bytes.subarray(offset, end));
    return end - offset;
  }

  write(from: Uint8Array, offset: number): void {
    const end = offset + from.byteLength;
    this.#keepSynced(offset, end);
    this.#reserve(end);
    this.#bytes.set(from, offset);
    this.#size = Math.max(this.#size, end);
  }

  truncate(size: number): void {
    this.#keepSynced(size, this.#size);
    this.#reserve(size);
    // What is cut off must read as zeros if the file grows again.
    this.#bytes.fill(0, size, Math.max(size, this.#size));
    this.#size = size;
    this.#lowestSize = Math.min(this.#lowestSize, size);
  }

  sync(): void {
    this.#syncedBlocks.clear();
    this.#syncedSize = this.#size;
    this.#lowestSize = this.#size;
    this.#everSynced = true;
  }

  close(): void {
    // The content outlives the handle.
  }

  /** A copy of the content. */
  content(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }

  /**
   * A copy of what the disk holds when the power goes now, given which unsynced sectors made it there. A truncation happens as a
   * whole or not at all, as its first sector does, and without it nothing that was written past its end does.
   */
  afterPowerCut(survives: SectorSurvives = () => false): Uint8Array {
    const truncated = this.#lowestSize < this.#syncedSize;
    const truncationSurvives = truncated && survives(Math.floor(this.#lowestSize / SECTOR_BYTES));
    const disk = new Uint8Array(Math.max(this.#size, this.#syncedSize));
    disk.set(this.#syncedContent().subarray(0, truncationSurvives ? this.#lowestSize : this.#syncedSize));
    let size = truncationSurvives ? this.#lowestSize : this.#syncedSize;
    const end = truncated && !truncationSurvives ? this.#lowestSize : this.#size;
    for (let at = 0; at < end; at += SECTOR_BYTES) {
      const isUnsynced = at >= this.#syncedSize || this.#syncedBlocks.has(Math.floor(at / BLOCK_BYTES));
      if (!isUnsynced || !survives(at / SECTOR_BYTES)) continue;
      const to = Math.min(at + SECTOR_BYTES, end);
      disk.set(this.#bytes.subarray(at, to), at);
      size = Math.max(size, to);
    }
    return disk.slice(0, size);
  }

  #syncedContent(): Uint8Array {
    const content = new Uint8Array(this.#syncedSize);
    content.set(this.#bytes.subarray(0, Math.min(this.#size, this.#syncedSize)));
    for (const [block, synced] of this.#syncedBlocks) content.set(synced, block * BLOCK_BYTES);
    return content;
  }

  #keepSynced(from: number, to: number): void {
    const end = Math.min(to, this.#syncedSize);
    for (let block = Math.floor(from / BLOCK_BYTES); block * BLOCK_BYTES < end; block += 1) {
      if (this.#syncedBlocks.has(block)) continue;
      const at = block * BLOCK_BYTES;
      this.#syncedBlocks.set(block, this.#bytes.slice(at, Math.min(at + BLOCK_BYTES, this.#syncedSize)));
    }
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.byteLength) return;
    const grown = new Uint8Array(Math.max(size, this.#bytes.byteLength * 2, FIRST_CAPACITY_BYTES));
    grown.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = grown;
  }
}
