/** Which databases are being used, and since when the others have not been. */
export class Usage {
  readonly #known = new Map<string, { uses: number; endedAt: number }>();

  /** Somebody begins to use a database: a call, or a connection. Returns what ends that, which may be called again. */
  begin(name: string): () => void {
    const usage = this.#known.get(name) ?? { uses: 0, endedAt: 0 };
    this.#known.set(name, usage);
    usage.uses += 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      usage.uses -= 1;
      usage.endedAt = performance.now();
    };
  }

  /** Since when nobody has used it (monotonic ms); `undefined` while somebody does. */
  idleSince(name: string): number | undefined {
    const usage = this.#known.get(name);
    if (usage === undefined) return 0;
    return usage.uses > 0 ? undefined : usage.endedAt;
  }

  /** Of these, the one that has not been used for longest; `undefined` when all are in use. */
  longestIdle(names: Iterable<string>): string | undefined {
    let found: { name: string; since: number } | undefined;
    for (const name of names) {
      const since = this.idleSince(name);
      if (since !== undefined && (found === undefined || since < found.since)) found = { name, since };
    }
    return found?.name;
  }

  /** It has been closed: nothing has to be remembered, unless somebody waits for it already. */
  closed(name: string): void {
    if (this.#known.get(name)?.uses === 0) this.#known.delete(name);
  }
}
