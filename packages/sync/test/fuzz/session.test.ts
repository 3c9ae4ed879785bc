import { expect, test } from 'vitest';
import { fuzz } from './run.ts';

/** A fixed budget; `node packages/sync/test/fuzz/main.ts --seeds 10000` runs as many as one has time for. */
const SEEDS = Array.from({ length: 8 }, (_, index) => index + 1);

test.each(SEEDS)(
  'a server that is sent damaged and lying frames at any moment goes on, closes with a reason, and stays sound (seed %i)',
  async (seed) => expect(await fuzz('server', seed)).toBeUndefined(),
);

test.each(SEEDS)(
  '[LT-1] a client that is sent damaged frames goes on, tries again, and is never green wrongly (seed %i)',
  async (seed) => expect(await fuzz('client', seed)).toBeUndefined(),
);
