/** Opening, resetting and closing of one database happen one after another, in the order in which they were asked for. */
export class Lifecycles {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs a step when every earlier one of this name has ended, well or not. */
  inTurn<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
    const step = Promise.allSettled([this.#last.get(name)]).then(run);
    const settled = Promise.allSettled([step]).then(() => {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    });
    this.#last.set(name, settled);
    return step;
  }

  /** Settles when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }
}
