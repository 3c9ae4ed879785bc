import type { RefuseReason } from '@octavo/protocol/messages.ts';
import type { Random } from '../environment.ts';
import type { Failure } from '../state.ts';
import { retryDelay } from './backoff.ts';
import type { Instant } from './heartbeat.ts';

/** The server's last word on why it did not let this client in. */
export interface Refusal {
  reason: RefuseReason;
  message: string;
}

/** The present series of attempts to get through: since when, how many failed, and what they met. */
export class Attempts {
  #failures = 0;
  #lastFailure: Failure | undefined;
  #since: Instant;
  #refusal: Refusal | undefined;

  constructor(now: Instant) {
    this.#since = now;
  }

  /** Attempts that failed since a connection last stood. */
  get failures(): number {
    return this.#failures;
  }

  get lastFailure(): Failure | undefined {
    return this.#lastFailure;
  }

  /** When the series began. */
  get since(): Instant {
    return this.#since;
  }

  /** Shown until another answer comes, or somebody switches sync off. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** Whatever failed before no longer counts: a new series begins. */
  begin(now: Instant): void {
    this.#failures = 0;
    this.#lastFailure = undefined;
    this.#since = now;
  }

  failed(failure: Failure): void {
    this.#failures += 1;
    this.#lastFailure = failure;
  }

  refused(refusal: Refusal): void {
    this.#refusal = refusal;
  }

  forgetRefusal(): void {
    this.#refusal = undefined;
  }

  /** Milliseconds until the next attempt. A refusal is asked about again, but not often. */
  delay(hopeful: boolean, random: Random): number {
    return retryDelay(this.#failures, hopeful && this.#refusal === undefined, random);
  }
}
