import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '@octavo/sync/environment.ts';

/** The machine's own clocks. */
export const systemClock: Clock = { wall: () => Date.now(), monotonic: () => performance.now() };

export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => Math.random(),
};
