/** Counts what is held under each name, up to a limit. */
export class Counter {
  readonly #limit: number;
  readonly #held = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a place and returns what gives it back, once; undefined where all are taken. */
  take(name: string): (() => void) | undefined {
    const held = this.#held.get(name) ?? 0;
    if (held >= this.#limit) return undefined;
    this.#held.set(name, held + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const left = (this.#held.get(name) ?? 0) - 1;
      if (left > 0) this.#held.set(name, left);
      else this.#held.delete(name);
    };
  }
}
