/** Which shop at which server something is for. */
export interface Destination {
  /** The WebSocket URL of the sync server. */
  readonly server: string;
  readonly database: string;
  /** Hexadecimal: a shop that was built anew under the same name is another one. */
  readonly lineage: string;
}

/** What people are told a command is about. */
export interface Subject {
  /** As it goes on after "Sync failed for …". */
  readonly words: string;
  /** The screen that shows it. */
  readonly href: string;
  /** What its maker saw when deciding, to tell what was different where somebody else was first. Plain data. */
  readonly seen?: unknown;
}

/**
 * A command as it was decided, complete before it is queued: whenever and by whomever it is sent, it is the same one.
 * Credentials are no part of it.
 */
export interface Command {
  /** A UUID in small letters. */
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
  readonly destination: Destination;
  /** Wall clock, ms. */
  readonly madeAt: number;
  /** The version of what it decides about, as its maker saw it. */
  readonly baseVersion?: string;
  /** The rows that it is about are those that this site had written up to here. */
  readonly after?: { readonly siteId: string; readonly dbVersion: number };
  /** The thing that it decides about: commands of one lane are sent in the order in which they were made. */
  readonly lane: string;
  readonly subject: Subject;
}

/** Why a command was not done at the last attempt. */
export interface Reason {
  readonly kind: ReasonKind;
  /** What the server said about it; empty where it said nothing. */
  readonly message: string;
  /** Of the answer, where there was one. */
  readonly status?: number;
}

export type ReasonKind =
  /** Nobody answered. */
  | 'unreachable'
  /** No answer came in time: it may have been done. */
  | 'timeout'
  /** The server does not know who is asking. */
  | 'unauthorized'
  /** The rows that it is about have not reached the server. */
  | 'not-yet'
  /** The server could not do it. */
  | 'failed'
  /** Something answered that is not the server, such as a proxy: it may have been done. */
  | 'not-ours'
  /** The server has another shop under this name. */
  | 'other-shop';

/** How often a command was tried. Times are of the wall clock, ms. */
interface Tried {
  /** All attempts that have begun. */
  readonly attempts: number;
  /** Those of them that were made when they were due, not because something gave cause to hope. */
  readonly planned: number;
}

/** How far a queued command is. */
export type EntryState =
  | { readonly name: 'queued' }
  /** Found without anybody who holds the lock, it was interrupted: it may have been done. */
  | (Tried & {
      readonly name: 'sending';
      readonly since: number;
      /** When it would have been due, where it was not yet. */
      readonly dueAt?: number;
    })
  | (Tried & {
      readonly name: 'waiting';
      readonly triedAt: number;
      readonly dueAt: number;
      readonly reason: Reason;
    })
  /** All planned attempts have failed: the next run that has a cause of its own tries again. */
  | (Tried & { readonly name: 'exhausted'; readonly triedAt: number; readonly reason: Reason });

/** A command in the queue. Its payload, which may be large, is kept beside it. */
export interface Entry extends Omit<Command, 'payload'> {
  /** Grows with each command that is queued. */
  readonly position: number;
  readonly state: EntryState;
}

/** A command that the server has refused for good, until somebody has dealt with it. */
export interface Rejected extends Pick<Command, 'id' | 'type' | 'destination' | 'madeAt' | 'subject'> {
  readonly kind: 'conflict' | 'refused';
  /** Wall clock, ms. */
  readonly rejectedAt: number;
  readonly attempts: number;
  /** The server's, for people. */
  readonly message: string;
  /** In a conflict: how it is now. */
  readonly current?: unknown;
  /** Whether somebody has been told. */
  readonly shown: boolean;
}

/** What a person has to do when there is a network: it could not be queued. */
export interface Task {
  readonly id: string;
  readonly destination: Destination;
  /** Wall clock, ms. */
  readonly madeAt: number;
  readonly subject: Subject;
  /** Why it could not be queued. */
  readonly why: string;
}

/** The state of a command that is about to be sent. @param now - wall clock, ms. */
export function sendingState(state: EntryState, now: number): Extract<EntryState, { name: 'sending' }> {
  const attempts = attemptsOf(state) + 1;
  const begun = { name: 'sending', attempts, since: now } as const;
  switch (state.name) {
    case 'queued':
      return { ...begun, planned: 1 };
    case 'sending':
      return { ...state, ...begun };
    case 'exhausted':
      return { ...begun, planned: state.planned };
    case 'waiting':
      return state.dueAt <= now
        ? { ...begun, planned: state.planned + 1 }
        : { ...begun, planned: state.planned, dueAt: state.dueAt };
  }
}

export function attemptsOf(state: EntryState): number {
  return state.name === 'queued' ? 0 : state.attempts;
}

export function isFor(there: Destination, here: Destination): boolean {
  return there.server === here.server && there.database === here.database && there.lineage === here.lineage;
}
