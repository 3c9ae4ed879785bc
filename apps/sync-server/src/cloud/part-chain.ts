import type { LogPartHeader } from '@octavo/protocol/log-part.ts';

/** A part of a log does not join up with what is there. */
export class MissingPartError extends Error {
  override readonly name = 'MissingPartError';
  readonly code = 'missing-part';
}

/**
 * Follows the parts of one site's log: each begins at or below where those before it end, or one is missing, and what comes
 * of the others is not the shop as it was.
 */
export class PartChain {
  #through: bigint;

  /** `through` is where the log ends that is there already. */
  constructor(through: bigint) {
    this.#through = through;
  }

  /** Up to where the site's log is there without a gap. */
  get through(): bigint {
    return this.#through;
  }

  /** @throws MissingPartError where something is missing before this part */
  follow({ after, through }: Pick<LogPartHeader, 'after' | 'through'>): void {
    if (after > this.#through)
      throw new MissingPartError(
        `The copy lacks what was written between versions ${this.#through} and ${after}: an object is missing in the store.`,
      );
    if (through > this.#through) this.#through = through;
  }
}
