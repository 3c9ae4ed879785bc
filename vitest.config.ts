import { availableParallelism } from 'node:os';
import process from 'node:process';
import { defineConfig } from 'vitest/config';
import { compileCache } from './scripts/compile-cache.mjs';

/** Tests that start servers, processes or threads, or take locks of files. */
const alone = [
  'apps/sync-server/test/**/*.test.ts',
  'apps/sync-server/src/{cli,cloud,data-folder,databases}/**/*.test.ts',
  'vendor/**/*.test.ts',
];

// Servers that are started by tests, and their threads, find in it what an earlier one has compiled.
process.env['NODE_COMPILE_CACHE'] = compileCache;

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          exclude: ['**/node_modules/**'],
          // A process per file: none may see another's servers, threads and WASM instances.
          isolate: true,
        },
      },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['{packages,apps}/*/{src,test}/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...alone],
          // They keep nothing outside of themselves, and loading what they try takes longer than most of them do.
          isolate: false,
        },
      },
    ],
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
