/** The commands that are being run, so that none runs twice at a time. */
export class RunningCommands {
  readonly #running = new Set<string>();

  /** Runs something for a command of a database, unless that is under way: then undefined. */
  async only<Result>(database: string, id: string, run: () => Promise<Result>): Promise<Result | undefined> {
    const key = `${database}/${id}`;
    if (this.#running.has(key)) return undefined;
    this.#running.add(key);
    try {
      return await run();
    } finally {
      this.#running.delete(key);
    }
  }
}
