import type { RefuseReason } from '@octavo/protocol/messages.ts';

/** How far a backlog has come, in batches' terms that a person understands. */
export interface Progress {
  /** Bytes received and sent since the connection stood. */
  bytes: number;
  /** Changes received and sent since the connection stood. */
  changes: number;
}

/** What the last attempts met, for the person who has to explain it to somebody. */
export interface Diagnostics {
  /** Attempts since the last time everything was well. */
  attempts: number;
  /** How the last connection ended, in words. */
  lastFailure: string;
}

/**
 * What sync is doing, as one value that every part of the interface derives from. `pending` is the number of distinct
 * records with changes of this replica that the server has not acknowledged as being on its disk; `attention` the number
 * of changes that could not be applied, there or here, and wait for somebody to decide.
 */
export type SyncState =
  /** Sync is switched off, or the browser says that there is no network. */
  | { status: 'disconnected'; pending: number; attention: number; cause: 'off' | 'offline' }
  /** A first attempt, less than ten seconds old. */
  | { status: 'connecting'; pending: number; attention: number }
  /** Proven: at `asOf` (wall clock, ms) the server had nothing that is not here, and held everything written here. */
  | { status: 'synced'; pending: 0; attention: number; asOf: number }
  /** Connected and on its way, but not proven. `catchingUp` until the head offered at the handshake is here. */
  | { status: 'syncing'; pending: number; attention: number; catchingUp: boolean; progress: Progress }
  /** Not getting through; nothing is lost, and the next attempt comes by itself. `nextAttempt` is wall-clock ms. */
  | {
      status: 'stuck';
      pending: number;
      attention: number;
      diagnostics: Diagnostics;
      nextAttempt: number | undefined;
    }
  /** The server refused for a reason that waiting will not mend. */
  | { status: 'incompatible'; pending: number; attention: number; reason: RefuseReason; message: string };

/** What a person is told once, when it happens. */
export type Notice =
  /** The server was restored from an older copy, and so many changes that it had lost were returned to it [EP-6]. */
  { kind: 'server-restored'; returned: number };

export type SyncStatus = SyncState['status'];
