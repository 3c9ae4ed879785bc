import type { Clock, Random } from '../../src/environment.ts';

interface Scheduled {
  at: number;
  order: number;
  run: () => void;
}

/** Time that stands still until it is moved, and everything that is to happen in it, in order. */
export class VirtualTime {
  #now = 0;
  #order = 0;
  #queue: Scheduled[] = [];

  get now(): number {
    return this.#now;
  }

  /** Runs something after a delay in virtual ms. Returns the function that cancels it. */
  after(delay: number, run: () => void): () => void {
    const entry = { at: this.#now + Math.max(0, delay), order: this.#order, run };
    this.#order += 1;
    this.#queue.push(entry);
    return () => {
      this.#queue = this.#queue.filter((other) => other !== entry);
    };
  }

  /** Lets so many ms pass and runs everything that falls into them. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#takeUntil(end); next !== undefined; next = this.#takeUntil(end)) {
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
  }

  /** Lets time pass until something holds. Throws when it still does not after `limit` ms. */
  until(condition: () => boolean, limit = 60_000): void {
    const end = this.#now + limit;
    while (!condition()) {
      const next = this.#takeUntil(end);
      if (next === undefined) throw new Error(`Still not so after ${limit} ms of virtual time.`);
      this.#now = next.at;
      next.run();
    }
  }

  #takeUntil(end: number): Scheduled | undefined {
    let first: Scheduled | undefined;
    for (const entry of this.#queue) {
      if (entry.at > end) continue;
      if (first === undefined || entry.at < first.at || (entry.at === first.at && entry.order < first.order))
        first = entry;
    }
    if (first !== undefined) this.#queue = this.#queue.filter((entry) => entry !== first);
    return first;
  }
}

/** Any fixed start that is not zero: a wall clock that reads 0 hides mistakes. */
const EPOCH_MS = Date.UTC(2026, 11, 19, 9);

/** One machine's clocks: they follow virtual time, and the wall clock can be set. */
export class MachineClock implements Clock {
  readonly #time: VirtualTime;
  #wallOffset = EPOCH_MS;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  wall(): number {
    return this.#time.now + this.#wallOffset;
  }

  monotonic(): number {
    return this.#time.now;
  }

  /** Somebody sets the clock, or the machine slept while only the wall went on. */
  jump(ms: number): void {
    this.#wallOffset += ms;
  }
}

/** A reproducible random source: mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => Math.floor(this.fraction() * 256));
  }
}
