import type { DbVersion } from '@octavo/protocol/identity.ts';
import type { CloudFailure, RefuseReason } from '@octavo/protocol/messages.ts';
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

/** What stands in the way of getting through: a closed list. */
export type FailureCode =
  /** No connection comes up, or the network lost it. */
  | 'unreachable'
  /** The other end does not answer, or says nothing any more. */
  | 'silent'
  /** The server said that it was going down. */
  | 'server-restarting'
  /** The server refuses for a reason that passes: it is busy, or its database is not to be had. */
  | 'server-busy'
  /** The server's database could not go on: its disk may be full. */
  | 'server-failed'
  /** Changes were sent, and the server does not confirm that it has stored them. */
  | 'acks-overdue'
  /** The server refused for a reason that does not pass by itself. */
  | 'refused'
  /** One end got what cannot be right: the versions of the two may not fit, or something between them tampers. */
  | 'misunderstood'
  /** This device has no room for what comes. */
  | 'own-disk-full'
  /** The database on this device could not go on. */
  | 'own-database-failed'
  /** The database on this device is with somebody else, or busy: told by whoever waits for it, not by the engine. */
  | 'own-database-away'
  /** The engine itself has failed: told by its shell. */
  | 'own-program-failed';

/** Why an attempt failed or a connection ended. */
export interface Failure {
  code: FailureCode;
  /** In words, the other end's own where it gave any. */
  message: string;
}

/** What the last attempts met, for the person who has to explain it to somebody. */
export interface Diagnostics {
  /** Attempts since the last time everything was well. */
  attempts: number;
  code: FailureCode;
  /** How the last connection ended, in words. */
  lastFailure: string;
}

/** What is true of a copy in whatever state it is. */
interface CloudCopy {
  /** Whose copy it is, hexadecimal, and the number of its last upload, 0 for none: `site:version` names it. */
  site: string;
  version: number;
  /** When that ended, by the server's wall clock, ms. */
  copiedAt: number | undefined;
}

/** How the server's copy outside its own disk is, as it last said [CC-5]. */
export type CloudStanding =
  /** The server keeps none. */
  | { state: 'off' }
  /** Everything that the server had written by then is in it. */
  | (CloudCopy & { state: 'copied' })
  /** An upload is under way; `failing` where the one before it failed. */
  | (CloudCopy & { state: 'copying'; failing: CloudFailure | undefined })
  /** The last upload failed. The next write of anybody tries again, or whoever asks for it. */
  | (CloudCopy & { state: 'failed'; failure: CloudFailure });

/** How far the copy goes. */
export interface CloudFacts {
  /** Up to this version of the server's log everything is in the copy… */
  through: DbVersion;
  /** …and up to this version of this replica's own, as far as the server knows that log. */
  confirmed: DbVersion;
  /** Whether that is everything that was written here. */
  complete: boolean;
}

/** How far the two sides have come with each other. Versions are of this replica's log, unless it says otherwise. */
export interface SyncFacts {
  head: DbVersion;
  /** Up to where the server durably holds this log, as it last said. */
  acknowledged: DbVersion;
  /** The server's head, as far as it concerns this replica, as it last said; undefined while it has said nothing. */
  serverHead: DbVersion | undefined;
  /** Up to where the server's log is merged and on disk here. */
  cursor: DbVersion;
  /** Undefined while the server has said nothing of a copy. */
  cloud: CloudFacts | undefined;
  /** Distinct records with changes that the server has not acknowledged. */
  pendingByTable: ReadonlyMap<string, number>;
}

/** What a person may want to know in every state. */
export interface Counts {
  /** Distinct records with changes of this replica that the server has not acknowledged as being on its disk. */
  pending: number;
  /** Changes that could not be applied, there or here, and wait for somebody to decide. */
  attention: number;
  /** Edits of this replica that lost against others before the server had them, and that nobody has looked at. */
  conflicts: number;
  /** The server lets this device only read, as it last said [RO-1]. What is changed here all the same stays pending. */
  readOnly?: true;
  /** How the copy in the cloud is, as the server last said; absent while it has said nothing. */
  cloud?: CloudStanding;
}

/** Why two that reach each other do not sync: a closed list. */
export type IncompatibleReason =
  | RefuseReason
  /** Work of this device is pending, and the server lets it only read. What others write still comes. */
  | 'read-only';

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
  /** The server refuses, or takes nothing from here, for a reason that waiting will not mend. */
  | (Counts & { status: 'incompatible'; reason: IncompatibleReason; message: string });

/** What a person is told once, when it happens. */
export type Notice =
  /** The server was restored from an older copy, and so many changes that it had lost were returned to it [EP-6]. */
  | { kind: 'server-restored'; returned: number }
  /** A merge has replaced so many edits of this replica that the server did not have yet; the newest of them. */
  | { kind: 'overwritten'; lost: number; conflicts: readonly Conflict[] };

export type SyncStatus = SyncState['status'];
