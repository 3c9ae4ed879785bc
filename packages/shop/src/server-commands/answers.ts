import * as v from 'valibot';
import type { ShopErrorValue } from '../errors.ts';

/** What came of a command that only the server may run. Each of them is final, and stored. */
export type CommandAnswer<Result = unknown, Current = unknown> =
  | { outcome: 'done'; result: Result }
  /** What it decides about has changed since it was decided; `current` is how it is now. */
  | { outcome: 'conflict'; message: string; current: Current }
  /** It cannot be done, now or later. */
  | { outcome: 'refused'; error: ShopErrorValue };

/** A command as it was made, complete before it was queued: sent again, it is the same one. */
export interface CommandRequest<Payload> {
  /** A UUID. */
  id: string;
  payload: Payload;
  /** The version of what the decision is about, as the person saw it. Without one, it is not compared. */
  baseVersion?: string | undefined;
}

const storedError = v.object({ code: v.string(), message: v.string(), details: v.unknown() });

/** An answer as it is stored; rows are replicated, so it is looked at before it is believed. */
export const storedAnswer = v.variant('outcome', [
  v.object({ outcome: v.literal('done'), result: v.unknown() }),
  v.object({ outcome: v.literal('conflict'), message: v.string(), current: v.unknown() }),
  v.object({ outcome: v.literal('refused'), error: storedError }),
]);
