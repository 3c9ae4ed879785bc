import { StoreError } from './object-store.ts';

/**
 * What a folder does not answer keeps a thread, until it does, of the four that the process has for all files. So many it may
 * have.
 */
const AT_ONCE = 2;

/** Lets few into a folder at a time, which may lie on another machine, and nobody while somebody has not come back. */
export class FolderTurns {
  #running = 0;
  /** Those that nobody waits for any more, and that have not returned. */
  #abandoned = 0;
  #changed = Promise.withResolvers<undefined>();

  /** Runs something when it is its turn. @throws StoreError `silent` while an earlier one hangs; the signal's reason */
  async run<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const givenUp = Promise.withResolvers<never>();
    // Where the work ends first, nobody hears of it.
    givenUp.promise.catch(() => undefined);
    let isAbandoned = false;
    let began = false;
    const giveUp = (): void => {
      isAbandoned = began;
      if (began) this.#abandoned += 1;
      this.#change();
      givenUp.reject(signal.reason);
    };
    signal.throwIfAborted();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      this.#demandNoneAbandoned();
      while (this.#running >= AT_ONCE) {
        await Promise.race([this.#changed.promise, givenUp.promise]);
        signal.throwIfAborted();
        this.#demandNoneAbandoned();
      }
      this.#running += 1;
      began = true;
      const working = work().finally(() => {
        this.#running -= 1;
        if (isAbandoned) this.#abandoned -= 1;
        this.#change();
      });
      return await Promise.race([working, givenUp.promise]);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  #demandNoneAbandoned(): void {
    if (this.#abandoned > 0)
      throw new StoreError('silent', 'The folder has not answered yet what it was asked before.');
  }

  #change(): void {
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers();
  }
}
