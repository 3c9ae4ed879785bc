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

/** What was written since the last upload. */
export interface CopiedPart extends Copied {
  bytes: Uint8Array<ArrayBuffer>;
}

/** How a database stands to its copy. */
export interface Standing extends CopyOwner {
  head: bigint;
  mark: CopyMark | undefined;
}

/** What a database knows of its copies, whoever makes them. Ids are hexadecimal. */
export interface CopyKnowledge extends Standing {
  /** The newest copies of other sites that are merged. */
  merged: readonly MergedFrom[];
  /** Lineages that the shop was taken back from on purpose. */
  formerLineages: readonly string[];
}

export interface MergedFrom {
  site: string;
  version: number;
  epoch: string;
  /** Up to there that site's log is here. */
  through: bigint;
}

/** What a database's copy in the cloud needs of the database. */
export interface CopySource {
  standing(): Promise<Standing>;
  /** What was written after a version; undefined where that is more than so many bytes. */
  part(after: bigint, mostBytes: number): Promise<CopiedPart | undefined>;
  /** Writes a copy of the whole database to a path. */
  file(path: string): Promise<Copied>;
  /** Keeps how far the copy is, in the database of this owner. @throws where the file is another's by now */
  mark(owner: CopyOwner, mark: CopyMark): Promise<void>;
}
