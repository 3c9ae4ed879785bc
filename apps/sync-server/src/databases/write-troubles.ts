/** Nobody has met it again for so long: whoever did has gone, or it is over. */
const REMEMBERED_MS = 120_000;

/**
 * Databases that are served and cannot take changes, such as on a full disk: what the last client to bring some was told.
 * It is over when changes are taken in again.
 */
export class WriteTroubles {
  readonly #troubles = new Map<string, { message: string; at: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  report(name: string, message: string): void {
    this.#troubles.set(name, { message, at: this.#now() });
  }

  clear(name: string): void {
    this.#troubles.delete(name);
  }

  /** What is the matter with each of them, in words. */
  get reasons(): ReadonlyMap<string, string> {
    for (const [name, { at }] of this.#troubles)
      if (this.#now() - at > REMEMBERED_MS) this.#troubles.delete(name);
    return new Map([...this.#troubles].map(([name, { message }]) => [name, message]));
  }
}
