import type { Cloud } from '@octavo/protocol/messages.ts';

/** How the copy outside is, as the shell knows it: what it means for one client's log is the session's to say. */
export type CloudReport = Omit<Cloud, 'confirmed'>;

/** Uploads follow each other as fast as writes do; clients hear of them at most so often. */
const TOLD_EVERY_MS = 250;

/**
 * When clients are told how the copy is: that it fails, and that it does no longer, at once; everything else together after
 * a moment, so that the beginning and the end of a short upload are one message [CC-5].
 */
export class CloudNews {
  #current: CloudReport | undefined;
  #told: CloudReport | undefined;
  #dueAt: number | undefined;

  /** Undefined while nothing is known. */
  get current(): CloudReport | undefined {
    return this.#current;
  }

  /** When {@link take} has something to give, in monotonic ms. */
  get dueAt(): number | undefined {
    return this.#dueAt;
  }

  set(report: CloudReport, now: number): void {
    this.#current = report;
    const urgent = this.#told === undefined || this.#told.failure !== report.failure;
    if (urgent) this.#dueAt = now;
    else if (areSame(this.#told, report)) this.#dueAt = undefined;
    else this.#dueAt ??= now + TOLD_EVERY_MS;
  }

  /** What is to be told now, once. */
  take(now: number): CloudReport | undefined {
    if (this.#dueAt === undefined || now < this.#dueAt) return undefined;
    this.#dueAt = undefined;
    this.#told = this.#current;
    return this.#current;
  }
}

function areSame(left: CloudReport | undefined, right: CloudReport): boolean {
  return (
    left?.state === right.state &&
    left.failure === right.failure &&
    left.version === right.version &&
    left.through === right.through &&
    left.copiedAt === right.copiedAt
  );
}
