import type { RefuseReason } from '@octavo/protocol/messages.ts';
import type { Conflict } from './storage/conflicts.ts';

/** How far a backlog has come, both directions together, since the connection stood. */
export interface Progress {
  /** Bytes received and sent. */
  bytes: number;
  /** Changes received and sent. */
  changes: number;
  /** Changes that there were to exchange, as far as is known; never less than `changes`. */
  total: number;
}

/** What the last attempts met, for the person who has to explain it to somebody. */
export interface Diagnostics {
  /** Attempts since the last time everything was well. */
  attempts: number;
  /** How the last connection ended, in words. */
  lastFailure: string;
}

/** What a person may want to know in every state. */
export interface Counts {
  /** Distinct records with changes of this replica that the server has not acknowledged as being on its disk. */
  pending: number;
  /** Changes that could not be applied, there or here, and wait for somebody to decide. */
  attention: number;
  /** Edits of this replica that lost against others before the server had them, and that nobody has looked at. */
  conflicts: number;
}

/** What sync is doing, as one value that every part of the interface derives from. */
export type SyncState =
  /** Sync is switched off, or the browser says that there is no network. */
  | (Counts & { status: 'disconnected'; cause: 'off' | 'offline' })
  /** A first attempt, less than ten seconds old. */
  | (Counts & { status: 'connecting' })
  /** Proven: at `asOf` (wall clock, ms) the server had nothing that is not here, and held everything written here. */
  | (Counts & { status: 'synced'; pending: 0; asOf: number })
  /** Connected and on its way, but not proven. `catchingUp` until the head offered at the handshake is here. */
  | (Counts & { status: 'syncing'; catchingUp: boolean; progress: Progress })
  /** Not getting through; nothing is lost, and the next attempt comes by itself. `nextAttempt` is wall-clock ms. */
  | (Counts & { status: 'stuck'; diagnostics: Diagnostics; nextAttempt: number | undefined })
  /** The server refused for a reason that waiting will not mend. */
  | (Counts & { status: 'incompatible'; reason: RefuseReason; message: string });

/** What a person is told once, when it happens. */
export type Notice =
  /** The server was restored from an older copy, and so many changes that it had lost were returned to it [EP-6]. */
  | { kind: 'server-restored'; returned: number }
  /** A merge has replaced edits of this replica that the server did not have yet; the newest of them. */
  | { kind: 'overwritten'; conflicts: readonly Conflict[] };

export type SyncStatus = SyncState['status'];
