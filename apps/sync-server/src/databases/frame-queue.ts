/** What a small one costs a thread, to a large one's 32: a millisecond in sum. */
const SMALL_WEIGHT = 1;
const LARGE_WEIGHT = 32;
/**
 * What a thread has at a time: the large one that it works on, and the next, so that it never waits; or many small ones, or
 * each of five hundred acknowledgements would cost a change of threads.
 */
const UNDER_WAY = 2 * LARGE_WEIGHT;
/** Pings and acknowledgements are smaller, and batches are larger. */
const SMALL_BYTES = 1024;
/** So many small ones go first before a large one has its turn, if one waits. */
const SMALL_IN_A_ROW = 16;

interface Frame {
  small: boolean;
  run: () => void;
}

/**
 * The order in which a thread gets what its connections bring: those of one connection one after another, the
 * connections in turn, and small ones first. Twenty tills that come back with a day's work each, or somebody who means
 * no good, must not keep the pings of all others waiting.
 */
export class FrameQueue {
  readonly #waiting = new Map<number, Frame[]>();
  /** Connections by what comes next of them, those first that have waited longest. */
  readonly #small = new Set<number>();
  readonly #large = new Set<number>();
  #underWay = 0;
  #smallInARow = 0;

  /** Runs something when its turn has come, and settles as it does. */
  add<Result>(connection: number, bytes: number, run: () => Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const frame: Frame = {
      small: bytes < SMALL_BYTES,
      run: () => {
        run()
          .then(resolve, reject)
          .finally(() => {
            this.#underWay -= weightOf(frame);
            this.#fill();
          });
      },
    };
    const waiting = this.#waiting.get(connection);
    if (waiting === undefined) {
      this.#waiting.set(connection, [frame]);
      this.#line(frame).add(connection);
    } else {
      waiting.push(frame);
    }
    this.#fill();
    return promise;
  }

  #fill(): void {
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frame.run();
  }

  /** Takes the one whose turn it is, where the thread has room for it. */
  #next(): Frame | undefined {
    const largeIsDue =
      this.#small.size === 0 || (this.#smallInARow >= SMALL_IN_A_ROW && this.#large.size > 0);
    const [connection] = largeIsDue ? this.#large : this.#small;
    if (connection === undefined) return undefined;
    const waiting = this.#waiting.get(connection) ?? [];
    const [frame, following] = waiting;
    if (frame === undefined || this.#underWay + weightOf(frame) > UNDER_WAY) return undefined;
    waiting.shift();
    this.#underWay += weightOf(frame);
    this.#smallInARow = largeIsDue ? 0 : this.#smallInARow + 1;
    this.#line(frame).delete(connection);
    if (following === undefined) this.#waiting.delete(connection);
    else this.#line(following).add(connection);
    return frame;
  }

  #line({ small }: Frame): Set<number> {
    return small ? this.#small : this.#large;
  }
}

function weightOf({ small }: Frame): number {
  return small ? SMALL_WEIGHT : LARGE_WEIGHT;
}
