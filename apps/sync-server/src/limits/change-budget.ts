/** So many seconds' worth may come at once: what was written offline is no flood. */
const BURST_SECONDS = 5;
/** Longer, and a client would take its acknowledgements for overdue. */
const MAX_WAIT_MS = 8_000;

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

  /** Counts changes that were taken, and returns in how many ms the client may hear of it and send more. */
  take(changes: number): number {
    this.#earn();
    // What cannot be waited for at once is not owed for ever.
    const least = (-MAX_WAIT_MS / 1000) * this.#perSecond;
    this.#left = Math.max(least, this.#left - changes);
    return Math.max(0, (-this.#left / this.#perSecond) * 1000);
  }

  /** Whether it is what a new one would be. */
  get isWhole(): boolean {
    this.#earn();
    return this.#left === this.#most;
  }

  get #most(): number {
    return this.#perSecond * BURST_SECONDS;
  }

  #earn(): void {
    const now = this.#now();
    const earned = ((now - this.#countedAt) / 1000) * this.#perSecond;
    this.#countedAt = now;
    this.#left = Math.min(this.#most, this.#left + earned);
  }
}
