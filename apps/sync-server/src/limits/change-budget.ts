/** So many seconds' worth may come at once: what was written offline is no flood. */
const BURST_SECONDS = 5;
/** Longer, and the client would take the silence for a dead connection. */
const MAX_PAUSE_MS = 2_000;

/** How many changes are taken from one client: so many a second, more at once now and then. */
export class ChangeBudget {
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #countedAt: number;

  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = perSecond * BURST_SECONDS;
    this.#countedAt = now();
  }

  /** Counts changes that were taken, and returns for how many ms nothing more should be. */
  take(changes: number): number {
    const now = this.#now();
    const earned = ((now - this.#countedAt) / 1000) * this.#perSecond;
    this.#countedAt = now;
    this.#left = Math.min(this.#perSecond * BURST_SECONDS, this.#left + earned) - changes;
    if (this.#left >= 0) return 0;
    const pause = (-this.#left / this.#perSecond) * 1000;
    if (pause <= MAX_PAUSE_MS) return pause;
    // What cannot be waited for at once is not owed for ever.
    this.#left = (-MAX_PAUSE_MS / 1000) * this.#perSecond;
    return MAX_PAUSE_MS;
  }
}
