/** Subscriptions to the pages of a long list, by their number. */
export class PageRange {
  readonly #stops = new Map<number, () => void>();

  /** Ends the subscriptions outside of a range and begins those that are missing in it. */
  set(first: number, last: number, begin: (page: number) => () => void): void {
    for (const [page, stop] of this.#stops) {
      if (page >= first && page <= last) continue;
      stop();
      this.#stops.delete(page);
    }
    for (let page = first; page <= last; page += 1) {
      if (!this.#stops.has(page)) this.#stops.set(page, begin(page));
    }
  }

  clear(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }
}
