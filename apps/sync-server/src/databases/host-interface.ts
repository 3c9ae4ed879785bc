import type { CloseReason } from '@octavo/protocol/close-codes.ts';
import type { FileChange } from './file-guard.ts';

/** What passes between the main thread, which owns the sockets, and a worker thread, which owns open databases. */

/** What `GET /:db/meta` says, from the database's side. */
export interface DatabaseMeta {
  siteId: string;
  lineage: string;
  schemaName: string;
  schemaVersion: number;
  dbVersion: number;
  epoch: string | null;
}

/** What whoever replaces a database has to know of it. */
export interface Lineages {
  /** Hexadecimal, as all of them. */
  lineage: string;
  /** Those that the shop was taken back from on purpose. */
  formerLineages: string[];
  dbVersion: number;
}

/** One thing that was looked at. */
export interface Check {
  name: string;
  ok: boolean;
  /** What was found, in words. */
  detail: string;
}

/**
 * Whether a snapshot can be given out: it is new enough; it is of this log, and much is newer; it is of a log or a schema
 * that is no longer there.
 */
export type SnapshotVerdict = 'current' | 'outdated' | 'void';

/** What a frame of a client came to. */
export interface FrameReport {
  /** Changes that were taken in with it. */
  changes: number;
  /** What the database took for it, in ms. */
  milliseconds: number;
}

/** What a connection's owner has to do, in order. */
export type ConnectionEffect =
  /** A frame with so many changes in it, or one that acknowledges so many. */
  | { type: 'send'; connection: number; frame: Uint8Array<ArrayBuffer>; changes: number; taken: number }
  | { type: 'close'; connection: number; code: number; reason: CloseReason; message: string };

export interface HostEvents {
  effects: readonly ConnectionEffect[];
  /** Something was written to a database, whoever wrote it: comes before the answer to whoever did. */
  wrote: { database: string };
  /** A database's instance is lost. It is closed already; using its name opens the file again. */
  failed: { database: string; message: string; change: FileChange | undefined; damaged: boolean };
}
