import type { RefuseReason } from '@octavo/protocol/messages.ts';
import type { Counts, Failure, Progress, SyncState } from '../state.ts';
import { failures } from './failure.ts';
import { elapsed, type Instant, PROOF_LIFETIME_MS } from './heartbeat.ts';

/** A first attempt is "connecting" for so long, and acknowledgements may take so long; then it is "stuck". */
export const PATIENCE_MS = 10_000;
/** …or until so many attempts have failed in a row. */
export const RAPID_FAILURES = 3;

const MAY_ONLY_READ =
  'This device may only read, so the server does not take what was changed here. Everything is still in this browser.';

/** Everything that the light depends on, gathered by the client. */
export interface LightFacts {
  enabled: boolean;
  online: boolean;
  counts: Counts;
  link: LinkFacts;
  /** Attempts that failed since a connection last stood. */
  failures: number;
  lastFailure: Failure | undefined;
  /** When the present series of attempts began. */
  tryingSince: Instant;
  /** Wall-clock ms. */
  nextAttempt: number | undefined;
}

export type LinkFacts =
  | { kind: 'down' }
  | { kind: 'refused'; reason: RefuseReason; message: string }
  | {
      kind: 'open';
      /** Whether the server takes changes from here. */
      mayWrite: boolean;
      /** The head offered at the handshake is applied. */
      level: boolean;
      proof: Instant | undefined;
      progress: Progress;
      /** Whether anything has got through on this connection: a proof, or an acknowledgement of something new. */
      useful: boolean;
      /** Since when the oldest unacknowledged batch has waited without any progress. */
      waitingSince: Instant | undefined;
    };

/** Reasons that time mends: the client keeps trying and never offers anything drastic. */
const passingReasons: ReadonlySet<string> = new Set<RefuseReason>(['database-unavailable', 'overloaded']);

/**
 * The state to show, from the facts and the time: the one place where it is decided [LT-5]. Green needs a proof at
 * most three seconds old and nothing pending; whatever is less than certain is something else.
 */
export function deriveState(facts: LightFacts, now: Instant): SyncState {
  const { counts, link } = facts;
  if (!facts.enabled) return { status: 'disconnected', ...counts, cause: 'off' };

  switch (link.kind) {
    case 'refused':
      if (passingReasons.has(link.reason))
        return stuck(facts, { code: 'server-busy', message: link.message });
      return { status: 'incompatible', ...counts, reason: link.reason, message: link.message };
    case 'open':
      if (link.proof !== undefined && counts.pending === 0)
        return { status: 'synced', ...counts, pending: 0, asOf: link.proof.wall };
      // What others write still comes; what was written here has to be decided about.
      if (!link.mayWrite && counts.pending > 0)
        return { status: 'incompatible', ...counts, reason: 'read-only', message: MAY_ONLY_READ };
      // Connections come up, and end before anything gets through: the server's disk may be full [QU-3].
      if (!link.useful && facts.failures >= RAPID_FAILURES) return stuck(facts, facts.lastFailure);
      if (link.waitingSince !== undefined && overdue(link.waitingSince, now)) {
        return stuck(facts, failures.acksOverdue);
      }
      return { status: 'syncing', ...counts, catchingUp: !link.level, progress: link.progress };
    case 'down':
      if (!facts.online) return { status: 'disconnected', ...counts, cause: 'offline' };
      if (facts.failures >= RAPID_FAILURES || overdue(facts.tryingSince, now))
        return stuck(facts, facts.lastFailure);
      return { status: 'connecting', ...counts };
  }
}

/**
 * The same state as another tab should show it some time later: a proof ages wherever it is looked at, so that a dead
 * worker cannot stay green [LT-3].
 */
export function shownState(state: SyncState, wallNow: number): SyncState {
  if (state.status !== 'synced') return state;
  const age = wallNow - state.asOf;
  if (age >= 0 && age <= PROOF_LIFETIME_MS) return state;
  const progress: Progress = { bytes: 0, changes: 0, total: 0 };
  return { status: 'syncing', ...countsOf(state), catchingUp: false, progress };
}

/** What of a state is true in every other as well. */
export function countsOf({ pending, attention, conflicts, readOnly, cloud }: SyncState): Counts {
  return {
    ...{ pending, attention, conflicts },
    ...(readOnly === true && { readOnly }),
    ...(cloud !== undefined && { cloud }),
  };
}

function stuck(facts: LightFacts, failure: Failure = failures.noAnswer): SyncState {
  const { counts, nextAttempt } = facts;
  const diagnostics = { attempts: facts.failures, code: failure.code, lastFailure: failure.message };
  return { status: 'stuck', ...counts, diagnostics, nextAttempt };
}

/** A clock that jumped says nothing about how long something took: then it is not overdue yet. */
function overdue(since: Instant, now: Instant): boolean {
  const waited = elapsed(since, now);
  return waited !== undefined && waited >= PATIENCE_MS;
}
