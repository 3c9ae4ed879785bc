/** Too many are waiting already. */
export class TooManyWaitingError extends Error {
  override readonly name = 'TooManyWaitingError';
}

/** Lets one thing happen at a time, in the order in which they came. */
export class Turns {
  readonly #most: number;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** At most so many wait or have their turn. */
  constructor(most: number) {
    this.#most = most;
  }

  /** @throws TooManyWaitingError, or what `run` throws */
  async take<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#waiting >= this.#most) throw new TooManyWaitingError('Too many are waiting. Try again later.');
    this.#waiting += 1;
    const turn = this.#last.then(run);
    // Whoever comes next waits for the end of this one, however it ends.
    this.#last = turn.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }
}
