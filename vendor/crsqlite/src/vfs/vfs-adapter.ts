import {
  CANTOPEN,
  IOERR,
  IOERR_ACCESS,
  IOERR_CLOSE,
  IOERR_DELETE,
  IOERR_FSTAT,
  IOERR_FSYNC,
  IOERR_READ,
  IOERR_SHORT_READ,
  IOERR_TRUNCATE,
  IOERR_WRITE,
  NOTFOUND,
  OK,
  OPEN_CREATE,
  OPEN_DELETEONCLOSE,
} from '../result-codes.ts';
import { type FileSystem, StorageError, type StoredFile } from './file-system.ts';
import { MemoryFile } from './memory-file.ts';
import { WriteCombiner } from './write-combiner.ts';

/** Longer names would be cut short without a word; SQLite's own VFS for Unix allows half as much. */
const LONGEST_NAME_BYTES = 1024;
const SECTOR_BYTES = 4096;
/** A write does not disturb the bytes beside it; SQLite's own VFS for Unix says the same of every disk. */
const IOCAP_POWERSAFE_OVERWRITE = 0x1000;

/** What went wrong below SQLite, and the code it was told. */
export interface StorageFailure {
  readonly resultCode: number;
  readonly cause: unknown;
}

interface OpenFile {
  readonly file: StoredFile;
  readonly deleteOnClose: string | undefined;
}

/**
 * A SQLite VFS over a {@link FileSystem}: the one place where SQLite's file calls, flags and codes are known. No exception
 * leaves it, since one that crossed the WASM would leave SQLite in the middle of what it was doing; the last one
 * is kept so that the error that SQLite makes of it can name its cause.
 *
 * There are no locks between connections: a file system is handed to one database, and guards its file itself.
 */
export class VfsAdapter {
  readonly name = 'octavo';
  readonly mxPathName = LONGEST_NAME_BYTES;
  /** What the build's minifier made of `mxPathName`; without it the limit is 64 bytes. */
  readonly Yc = LONGEST_NAME_BYTES;
  readonly #fileSystem: FileSystem;
  readonly #open = new Map<number, OpenFile>();
  #lastFailure: StorageFailure | undefined;

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /** The last failure of the storage since this was last asked. */
  takeFailure(): StorageFailure | undefined {
    const failure = this.#lastFailure;
    this.#lastFailure = undefined;
    return failure;
  }

  xOpen(name: string | null, fileId: number, flags: number, outFlags: DataView): number {
    return this.#guard(CANTOPEN, () => {
      // SQLite opens its temporary files without a name. They live and die with the connection, so in memory.
      const file =
        name === null
          ? new MemoryFile()
          : new WriteCombiner(this.#fileSystem.open(name, (flags & OPEN_CREATE) !== 0));
      const deleteOnClose = name !== null && (flags & OPEN_DELETEONCLOSE) !== 0 ? name : undefined;
      this.#open.set(fileId, { file, deleteOnClose });
      outFlags.setInt32(0, flags, true);
    });
  }

  xClose(fileId: number): number {
    const open = this.#open.get(fileId);
    if (open === undefined) return OK;
    this.#open.delete(fileId);
    return this.#guard(IOERR_CLOSE, () => {
      open.file.close();
      if (open.deleteOnClose !== undefined) this.#fileSystem.delete(open.deleteOnClose);
    });
  }

  xRead(fileId: number, into: Uint8Array, offset: number): number {
    const open = this.#open.get(fileId);
    if (open === undefined) return IOERR;
    try {
      const bytes = open.file.read(into, offset);
      if (bytes === into.byteLength) return OK;
      into.fill(0, bytes);
      return IOERR_SHORT_READ;
    } catch (error) {
      return this.#classify(error, IOERR_READ);
    }
  }

  xWrite(fileId: number, from: Uint8Array, offset: number): number {
    return this.#onFile(fileId, IOERR_WRITE, (file) => file.write(from, offset));
  }

  xTruncate(fileId: number, size: number): number {
    return this.#onFile(fileId, IOERR_TRUNCATE, (file) => file.truncate(size));
  }

  xSync(fileId: number, _flags: number): number {
    return this.#onFile(fileId, IOERR_FSYNC, (file) => file.sync());
  }

  xFileSize(fileId: number, outSize: DataView): number {
    return this.#onFile(fileId, IOERR_FSTAT, (file) => outSize.setBigInt64(0, BigInt(file.size()), true));
  }

  xLock(_fileId: number, _level: number): number {
    return OK;
  }

  xUnlock(_fileId: number, _level: number): number {
    return OK;
  }

  xCheckReservedLock(_fileId: number, outReserved: DataView): number {
    outReserved.setInt32(0, 0, true);
    return OK;
  }

  xFileControl(_fileId: number, _operation: number, _argument: DataView): number {
    return NOTFOUND;
  }

  xSectorSize(_fileId: number): number {
    return SECTOR_BYTES;
  }

  xDeviceCharacteristics(_fileId: number): number {
    return IOCAP_POWERSAFE_OVERWRITE;
  }

  xAccess(name: string, _flags: number, outExists: DataView): number {
    return this.#guard(IOERR_ACCESS, () =>
      outExists.setInt32(0, this.#fileSystem.exists(name) ? 1 : 0, true),
    );
  }

  xDelete(name: string, _syncDirectory: number): number {
    return this.#guard(IOERR_DELETE, () => this.#fileSystem.delete(name));
  }

  #onFile(fileId: number, otherwise: number, action: (file: StoredFile) => void): number {
    const open = this.#open.get(fileId);
    if (open === undefined) return IOERR;
    return this.#guard(otherwise, () => action(open.file));
  }

  #guard(otherwise: number, action: () => void): number {
    try {
      action();
      return OK;
    } catch (error) {
      return this.#classify(error, otherwise);
    }
  }

  #classify(error: unknown, otherwise: number): number {
    const resultCode = error instanceof StorageError ? error.resultCode : otherwise;
    this.#lastFailure = { resultCode, cause: error };
    return resultCode;
  }
}
