import type { CopyMark } from '@octavo/sync/copy/copy-mark.ts';

/** Whose copy it is, hexadecimal. */
export interface CopyOwner {
  lineage: string;
  site: string;
  epoch: string;
}

/** Something of a database that is to be uploaded. */
export interface Copied extends CopyOwner {
  /** Everything up to this version of the log is in it or in what was copied before. */
  through: bigint;
}

/** How a database stands to its copy. */
export interface Standing extends CopyOwner {
  head: bigint;
  mark: CopyMark | undefined;
}

/** What a database's copy in the cloud needs of the database. */
export interface CopySource {
  standing(): Promise<Standing>;
  /** What was written after a version; undefined where that is more than so many bytes. */
  part(after: bigint, mostBytes: number): Promise<(Copied & { bytes: Uint8Array }) | undefined>;
  /** Writes a copy of the whole database to a path. */
  file(path: string): Promise<Copied>;
  /** Keeps how far the copy is, in the database. */
  mark(mark: CopyMark): Promise<void>;
}
