import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,vendor,apps}/*/{src,test}/**/*.test.ts', 'scripts/**/*.test.ts'],
    // A process per file: tests start servers, threads and WASM instances, and none may see another's.
    pool: 'forks',
    // Half of them wait for a disk or a clock most of the time: one more than there are cores keeps all of those busy.
    maxWorkers: availableParallelism() + 1,
    // A machine under load is no failure. A test that hangs is, and says so well before the run's own limit.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A test that passes at the second try tells of a race.
    retry: 0,
  },
});
