import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** What happened to the file of an open database from outside. */
export type FileChange =
  /** Another file lies under its name. */
  | 'replaced'
  /** Nothing lies under its name. */
  | 'removed'
  /** Somebody else wrote into it. */
  | 'overwritten';

const words: Record<FileChange, string> = {
  replaced: 'The file of the database was replaced. It is opened again.',
  removed:
    'The file of the database was taken away while it was open. Put a file in its place, or restart the server to begin anew.',
  overwritten:
    'Something else wrote into the file of the database while it was open, so what is in it cannot be relied on. Put a sound file in its place by a rename, from a backup, or check it and restart the server.',
};

/** The open database must not be used any more: its file is not what it was. */
export class FileChangedError extends Error {
  override readonly name = 'FileChangedError';
  readonly code = 'file-changed';
  readonly change: FileChange;

  constructor(change: FileChange) {
    super(words[change]);
    this.change = change;
  }
}

const HEADER_BYTES = 100;

interface Mark {
  bytes: bigint;
  modified: bigint;
  /** SQLite's counter of changes and the size are in there. */
  header: string;
}

/**
 * Watches the file of a database that this process alone should write to. SQLite, which keeps pages in memory, would not
 * notice that another file lies under the name, or that pages are no longer what it wrote: what it commits then is on no
 * disk where anybody looks for it, or in the midst of something else.
 *
 * A look costs microseconds, so there is one before and after everything that is done.
 */
export class FileGuard {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #device: bigint;
  readonly #inode: bigint;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #mark: Mark;
  #closed = false;

  /** From now on the file is as this process has left it. */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, 'r');
    const { dev, ino } = fstatSync(this.#descriptor, { bigint: true });
    this.#device = dev;
    this.#inode = ino;
    this.#mark = this.#look();
  }

  /** To be called before anything is read or written. @throws FileChangedError */
  check(): void {
    this.confirmNamed();
    const { bytes, modified, header } = this.#look();
    const before = this.#mark;
    if (bytes !== before.bytes || modified !== before.modified || header !== before.header)
      throw new FileChangedError('overwritten');
  }

  /**
   * To be called between a commit and telling anybody of it: what is committed is in the file that lies under the name.
   * @throws FileChangedError
   */
  confirmNamed(): void {
    const named = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (named === undefined) throw new FileChangedError('removed');
    if (named.ino !== this.#inode || named.dev !== this.#device) throw new FileChangedError('replaced');
  }

  /** This process has written what it wanted to. */
  note(): void {
    if (!this.#closed) this.#mark = this.#look();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#descriptor);
  }

  #look(): Mark {
    const { size, mtimeNs } = fstatSync(this.#descriptor, { bigint: true });
    const read = readSync(this.#descriptor, this.#header, 0, HEADER_BYTES, 0);
    return { bytes: size, modified: mtimeNs, header: this.#header.toString('latin1', 0, read) };
  }
}
