import { expect, test } from 'vitest';
import { simulate } from './run.ts';

/** A fixed budget of worlds; `npm run simulate -- --seeds 10000` runs as many as one has time for. */
const SEEDS = 100;
/** Worlds in which something once went wrong. */
const PINNED = [55, 268, 1_039, 2_325, 2_779, 7_631, 606_729];

const seeds = [...PINNED, ...Array.from({ length: SEEDS }, (_, index) => index + 1)];

test.each(seeds)('everything shown is true and nothing is lost in world %i', async (seed) => {
  const failure = await simulate(seed);
  expect(failure && `${failure.message}\n${failure.trace.join('\n')}`).toBeUndefined();
});
