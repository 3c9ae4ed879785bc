import type { Random } from '../environment.ts';

const FIRST_DELAY_MS = 250;
/** Somebody is looking at the light and the server may be back any moment: it should be noticed at once. */
const HOPEFUL_CAP_MS = 1_500;
const PATIENT_CAP_MS = 30_000;

/**
 * Milliseconds to wait before the next attempt after so many failures in a row: none, then doubling up to a cap, each
 * with jitter, so that a restarted server is not met by every client in the same moment.
 */
export function retryDelay(failures: number, hopeful: boolean, random: Random): number {
  if (failures === 0) return 0;
  const cap = hopeful ? HOPEFUL_CAP_MS : PATIENT_CAP_MS;
  // 2^20 is beyond every cap; larger exponents would only lose precision.
  const delay = Math.min(cap, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 20));
  return delay * (0.5 + random.fraction() / 2);
}
