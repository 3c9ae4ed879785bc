import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '@octavo/sync/environment.ts';

/** The machine's own clocks and random numbers, for engines that run in the benchmark. */
export const clock: Clock = { wall: Date.now, monotonic: () => performance.now() };

export const random: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: Math.random,
};
