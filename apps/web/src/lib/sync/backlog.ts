import type { Progress } from '@octavo/sync/state.ts';

/** A backlog is shown when it takes longer than this. */
export const SHOWN_AFTER_MS = 500;
/** Before so long nothing can be said of the time left. */
const ESTIMATED_AFTER_MS = 1_000;
/** How fast it goes is judged by the last stretch of about this length. */
const STRETCH_MS = 5_000;

/** How far a backlog has come. */
export interface BacklogView {
  /** Bytes so far, and how many there will be as far as can be told: never fewer than before, and never more left. */
  bytes: number;
  expectedBytes: number;
  changes: number;
  expectedChanges: number;
  /** Undefined while it cannot be told. */
  secondsLeft: number | undefined;
}

interface Sample {
  at: number;
  changes: number;
}

/**
 * Follows one backlog from its beginning to its end, over lost connections, and says how far it has come. The share that
 * is done never falls, though changes may be added meanwhile.
 */
export class Backlog {
  readonly #begunAt: number;
  #before: Progress = { bytes: 0, changes: 0, total: 0 };
  #last: Progress = { bytes: 0, changes: 0, total: 0 };
  #share = 0;
  #samples: Sample[];

  /** Times are of any one clock, ms. */
  constructor(now: number) {
    this.#begunAt = now;
    this.#samples = [{ at: now, changes: 0 }];
  }

  /** Whether it has lasted long enough to be shown. */
  isLong(now: number): boolean {
    return now - this.#begunAt >= SHOWN_AFTER_MS;
  }

  /** Whether any of it has come or gone. */
  get begun(): boolean {
    return this.#share > 0;
  }

  /** Takes what the engine says now. It counts from each connection on. */
  follow(progress: Progress, now: number): void {
    if (progress.bytes < this.#last.bytes || progress.changes < this.#last.changes) {
      const { bytes, changes } = this.#last;
      this.#before = { bytes: this.#before.bytes + bytes, changes: this.#before.changes + changes, total: 0 };
    }
    this.#last = progress;
    const { changes, total } = this.#sum();
    if (total > 0) this.#share = Math.max(this.#share, changes / total);
    // How long it takes until the first one comes says nothing about how fast they come.
    if (changes === 0) this.#samples = [];
    this.#samples.push({ at: now, changes });
    while (this.#samples.length > 2 && now - (this.#samples[1]?.at ?? now) > STRETCH_MS)
      this.#samples.shift();
  }

  view(now: number): BacklogView {
    const { bytes, changes } = this.#sum();
    const expectedChanges = this.#share > 0 ? Math.round(changes / this.#share) : this.#sum().total;
    return {
      bytes,
      expectedBytes: this.#share > 0 ? Math.round(bytes / this.#share) : bytes,
      changes,
      expectedChanges,
      secondsLeft: this.#secondsLeft(now, expectedChanges - changes),
    };
  }

  #sum(): Progress {
    const { bytes, changes } = this.#before;
    const { bytes: moreBytes, changes: more, total } = this.#last;
    return { bytes: bytes + moreBytes, changes: changes + more, total: changes + total };
  }

  #secondsLeft(now: number, left: number): number | undefined {
    const [oldest] = this.#samples;
    const newest = this.#samples.at(-1);
    if (oldest === undefined || newest === undefined || now - oldest.at < ESTIMATED_AFTER_MS)
      return undefined;
    // Until now, not until the last sign of life: what stands still takes ever longer.
    const perSecond = ((newest.changes - oldest.changes) / (now - oldest.at)) * 1000;
    return perSecond > 0 ? left / perSecond : undefined;
  }
}
