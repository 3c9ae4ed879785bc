import type { CommandVerdict } from '@octavo/shop/server-commands/wire.ts';
import { attemptsOf, type Entry, type EntryState, type Reason, type Rejected } from './command.ts';

const MINUTE_MS = 60_000;
/** After the first attempt, which is made at once, after the second and after the third. */
export const RETRY_AFTER_MS: readonly number[] = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS];

export const LONGEST_DELAY_MS = Math.max(...RETRY_AFTER_MS);

/** What came of sending a command. */
export type Delivery =
  | (CommandVerdict & {
      /** How long the server asks to be left alone, ms. */
      retryAfter?: number | undefined;
    })
  | { kind: 'no-answer'; cause: 'unreachable' | 'timeout' };

/** What becomes of a command after an attempt. Only a final answer that the server itself has given removes it. */
export type Settlement =
  { kind: 'done' } | { kind: 'rejected'; rejected: Rejected } | { kind: 'kept'; state: KeptState };

type KeptState = Extract<EntryState, { name: 'waiting' | 'exhausted' }>;

/** A command that was sent. */
export type SentEntry = Entry & { readonly state: Extract<EntryState, { name: 'sending' }> };

/** @param now - wall clock, ms. */
export function settle(entry: SentEntry, delivery: Delivery, now: number): Settlement {
  switch (delivery.kind) {
    case 'done':
      return { kind: 'done' };
    case 'conflict': {
      const { message, current } = delivery;
      return { kind: 'rejected', rejected: { ...rejected(entry, now), kind: 'conflict', message, current } };
    }
    case 'refused':
      return {
        kind: 'rejected',
        rejected: { ...rejected(entry, now), kind: 'refused', message: delivery.message },
      };
    case 'other-lineage': {
      // No time makes it right: it stays until a person decides, or the shop is back.
      const reason: Reason = { kind: 'other-shop', status: 409, message: delivery.message };
      return { kind: 'kept', state: exhausted(entry, reason, now) };
    }
    case 'later':
      return { kind: 'kept', state: again(entry, reasonOf(delivery), now, delivery.retryAfter) };
    case 'no-answer':
      return { kind: 'kept', state: again(entry, { kind: delivery.cause, message: '' }, now) };
  }
}

/**
 * Whether other commands would probably fare no better, whatever they are about: nobody is there, or a proxy says that
 * nobody is. One that refuses a request of this form may let others through.
 */
export function concernsServer({ kind, status = 0 }: Reason): boolean {
  switch (kind) {
    case 'unreachable':
    case 'timeout':
    case 'unauthorized':
      return true;
    case 'not-ours':
      return status < 400 || status >= 500;
    case 'not-yet':
    case 'failed':
    case 'other-shop':
      return false;
  }
}

/** No command waits longer than that: else its time is of another clock, or the clock has been set back since. */
export function isPlausible(dueAt: number, now: number): boolean {
  return dueAt - now <= LONGEST_DELAY_MS;
}

function reasonOf({ status, error, message }: Extract<CommandVerdict, { kind: 'later' }>): Reason {
  const known = { status, message };
  if (error === '') return { kind: 'not-ours', ...known };
  if (status === 401 || status === 403) return { kind: 'unauthorized', ...known };
  if (status === 425 && error === 'not-yet') return { kind: 'not-yet', ...known };
  return { kind: 'failed', ...known };
}

function again(entry: SentEntry, reason: Reason, now: number, retryAfter = 0): KeptState {
  const { attempts, planned, dueAt: before } = entry.state;
  const tried = { name: 'waiting', attempts, planned, triedAt: now, reason } as const;
  // Somebody loads the page again and again, or asks for it: no planned attempt is used up by that.
  if (before !== undefined && isPlausible(before, now)) return { ...tried, dueAt: Math.max(before, now) };
  const delay = RETRY_AFTER_MS[planned - 1];
  if (delay === undefined) return exhausted(entry, reason, now);
  return { ...tried, dueAt: now + Math.max(delay, Math.min(retryAfter, LONGEST_DELAY_MS)) };
}

function exhausted({ state: { attempts, planned } }: SentEntry, reason: Reason, now: number): KeptState {
  return { name: 'exhausted', attempts, planned, triedAt: now, reason };
}

function rejected({ id, type, destination, madeAt, subject, state }: Entry, now: number) {
  return {
    ...{ id, type, destination, madeAt, subject },
    ...{ rejectedAt: now, attempts: attemptsOf(state), shown: false },
  };
}
