/**
 * What a storage must offer to hold databases. Small on purpose: everything SQLite asks for beyond it is answered once,
 * in the adapter. All calls are synchronous; one database uses one file system at a time.
 */

/** An open file. Offsets and sizes in bytes. */
export interface StoredFile {
  size(): number;
  /** Fills as much of `into` as the file holds from `offset`; returns the number of bytes read. */
  read(into: Uint8Array, offset: number): number;
  /** Writes all of `from`, growing the file as needed. */
  write(from: Uint8Array, offset: number): void;
  truncate(size: number): void;
  /** Returns when everything written so far, and the file's own existence, survives a power cut. */
  sync(): void;
  close(): void;
}

export interface FileSystem {
  /** Opens a file for reading and writing, creating it when `create` is set. */
  open(name: string, create: boolean): StoredFile;
  exists(name: string): boolean;
  /** Removes a file, if it is there, so that it stays removed after a power cut. */
  delete(name: string): void;
  /** Lets go of every open file without another write, and of the lock. What a crash would do; calling it again does nothing. */
  release(): void;
}

/** A failure of the storage, already classified: `resultCode` is the (extended) SQLite result code it stands for. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly resultCode: number;

  constructor(message: string, resultCode: number, options?: { cause?: unknown }) {
    super(message, options);
    this.resultCode = resultCode;
  }
}
