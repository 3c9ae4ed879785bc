import { type Destination, type Entry, isFor, type Reason } from './command.ts';
import { concernsServer, isPlausible } from './settle.ts';

/** No sync event sends more. */
export const BATCH_LIMIT = 10;

/**
 * Where so many in a row do not get through, nobody does for now. One alone may have a trouble of its own, such as with a
 * proxy that cannot stand it, and must not hold up the others.
 */
export const TROUBLED_LANES = 2;

/** Why the queue is run. */
export type Trigger =
  /** The time of an attempt has come, or there is a new command. */
  | 'due'
  /** Something suggests that the server can be reached: a page was loaded, a network or a connection is back. */
  | 'automatic'
  /** The server has been proven to have all that was written here. */
  | 'level'
  /** Somebody asked for it. */
  | 'manual';

/** A run of the queue: one batch or several, in which no command that fails is tried twice. */
export interface Run {
  readonly trigger: Trigger;
  /** Wall clock, ms. */
  readonly startedAt: number;
  /** Only this lane. */
  readonly lane?: string;
  /** How many were sent in the batches before. */
  readonly sent: number;
  /** Ids of those that were, where their time alone does not tell. */
  readonly tried?: readonly string[];
}

/**
 * What is to be sent now to the shop that is here, in order: first come, first served; within a lane nothing overtakes
 * one that is kept. One lane never holds up another, unless nobody would get through.
 */
export function chooseReady(
  entries: readonly Entry[],
  here: Destination,
  run: Run,
  now: number,
): readonly Entry[] {
  const ours = inOrder(entries, here);
  if (run.trigger === 'due' && troubleUntil(ours, now) > now) return [];
  const closed = new Set<string>();
  return ours.filter((entry) => {
    if (run.lane !== undefined && run.lane !== entry.lane) return false;
    if (closed.has(entry.lane)) return false;
    const ready = isReady(entry, run, now) && run.tried?.includes(entry.id) !== true;
    if (!ready) closed.add(entry.lane);
    return ready;
  });
}

/** When a run that is `due` has something to do, wall clock, ms; undefined while only another cause can move anything. */
export function nextDueAt(entries: readonly Entry[], here: Destination, now: number): number | undefined {
  const ours = inOrder(entries, here);
  const heads = [...new Map(ours.toReversed().map((entry) => [entry.lane, entry])).values()];
  const dues = heads.flatMap(({ state }) => {
    switch (state.name) {
      case 'queued':
      case 'sending':
        return [now];
      case 'waiting':
        return [isPlausible(state.dueAt, now) ? state.dueAt : now];
      case 'exhausted':
        return [];
    }
  });
  if (dues.length === 0) return undefined;
  return Math.max(Math.min(...dues), troubleUntil(ours, now));
}

function isReady({ state }: Entry, { trigger, startedAt }: Run, now: number): boolean {
  switch (state.name) {
    case 'queued':
      return true;
    case 'sending':
      // Whoever holds the lock and finds it so knows that whoever sent it is gone.
      return true;
    case 'waiting':
      if (state.dueAt <= now || !isPlausible(state.dueAt, now)) return true;
      return wasBefore(state.triedAt, startedAt, now) && mayHaveEnded(state.reason, trigger);
    case 'exhausted':
      return trigger !== 'due' && wasBefore(state.triedAt, startedAt, now);
  }
}

/** Whether what stood in the way may be over, for all that the cause of a run says. */
function mayHaveEnded(reason: Reason, trigger: Trigger): boolean {
  switch (trigger) {
    case 'due':
      return false;
    case 'automatic':
      return concernsServer(reason) || reason.kind === 'not-ours';
    case 'level':
      return mayHaveEnded(reason, 'automatic') || reason.kind === 'not-yet';
    case 'manual':
      return true;
  }
}

/** While nobody gets through, only those that have shown it are tried again. */
function troubleUntil(ours: readonly Entry[], now: number): number {
  const dues = ours.flatMap(({ state }) =>
    state.name === 'waiting' && concernsServer(state.reason) && isPlausible(state.dueAt, now)
      ? [state.dueAt]
      : [],
  );
  return dues.length < TROUBLED_LANES ? -Infinity : Math.min(...dues);
}

function wasBefore(triedAt: number, startedAt: number, now: number): boolean {
  return triedAt <= startedAt || triedAt > now;
}

function inOrder(entries: readonly Entry[], here: Destination): readonly Entry[] {
  return entries
    .filter(({ destination }) => isFor(destination, here))
    .sort((one, other) => one.position - other.position);
}
