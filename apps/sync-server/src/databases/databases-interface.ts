import type { Logger } from 'pino';
import type { DataFolder } from '../data-folder/data-folder.ts';
import type { FileChange } from './file-guard.ts';
import type { Missed } from './out-of-service.ts';
import type { FrameReport } from './host-interface.ts';
import type { StartThread } from './thread-pool.ts';

/** One connection to an open database. */
export interface Attachment {
  /** Takes a frame's bytes, which move to the database's thread. Settles when they have been handled. */
  receive(bytes: Uint8Array<ArrayBuffer>): Promise<FrameReport>;
  /** The connection has ended. */
  detach(): void;
}

/** Why a database was closed. */
export type CloseCause = 'idle' | 'room' | 'reset' | 'stopping' | 'failed' | FileChange;

/** Hears of what happens to databases. */
export interface DatabasesObserver {
  databaseOpened: (name: string) => void;
  databaseClosed: (cause: CloseCause) => void;
  /** Something was written to it, and is on disk. Comes before whoever wrote it has an answer. */
  databaseWritten: (name: string) => void;
}

export interface DatabasesOptions {
  folder: DataFolder;
  /** Who holds the files, in words. */
  owner: string;
  logger: Logger;
  /** What should be in the folder and is not. */
  missed?: Missed | undefined;
  /** How many are open at a time. Those in use are never closed to make room. */
  openAtMost?: number;
  /** One that nobody has used for so long is closed. */
  idleMs?: number;
  observer?: DatabasesObserver;
  /** How a thread comes into being; a test keeps hold of it. */
  startThread?: StartThread;
}
