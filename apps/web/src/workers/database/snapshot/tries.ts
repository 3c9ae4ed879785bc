import type { SnapshotFailureCode } from './snapshot-failure.ts';

/** So many failures in a row without a byte more, and the replica is filled by streaming. */
const VAIN_TRIES = 4;
const FIRST_PAUSE_MS = 1_000;

/** What to do after a failure. */
export type NextTry = { kind: 'again'; pauseMs: number } | { kind: 'give-up' };

/** How often a snapshot is asked for: again while it gets on, ever more rarely while it does not, and not for ever. */
export class Tries {
  #stored = 0;
  #vain = 0;

  /** `stored` is how many bytes there are now. */
  after(code: SnapshotFailureCode, stored: number): NextTry {
    if (code === 'unsuitable' || code === 'damaged') return { kind: 'give-up' };
    this.#vain = stored > this.#stored ? 1 : this.#vain + 1;
    this.#stored = stored;
    if (this.#vain >= VAIN_TRIES) return { kind: 'give-up' };
    return { kind: 'again', pauseMs: FIRST_PAUSE_MS * 2 ** (this.#vain - 1) };
  }
}
