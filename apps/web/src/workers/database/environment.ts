import type { Clock, Random } from '@octavo/sync/environment.ts';

export const clock: Clock = { wall: () => Date.now(), monotonic: () => performance.now() };

export const random: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  fraction: () => Math.random(),
};
