/**
 * Acknowledgements that wait until the client may send more: it has a bounded number of batches on its way, so it slows
 * down by itself, while its pings are answered and what others write goes out.
 */
export class HeldAcks {
  readonly #send: (frame: Uint8Array) => void;
  readonly #waiting: { frame: Uint8Array; dueAt: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (frame: Uint8Array) => void) {
    this.#send = send;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Sends a frame in so many ms, and never before those that were held earlier. */
  hold(frame: Uint8Array, waitMs: number): void {
    this.#waiting.push({ frame, dueAt: performance.now() + waitMs });
    this.#timer ??= setTimeout(() => this.#release(), waitMs);
  }

  /** Forgets what waits: the connection has ended. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.length = 0;
  }

  #release(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (let [first] = this.#waiting; first !== undefined && first.dueAt <= now; [first] = this.#waiting) {
      this.#waiting.shift();
      this.#send(first.frame);
    }
    const [next] = this.#waiting;
    if (next !== undefined) this.#timer = setTimeout(() => this.#release(), next.dueAt - now);
  }
}
