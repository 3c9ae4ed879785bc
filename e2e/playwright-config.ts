import { join } from 'node:path';
import { defineConfig } from '@playwright/test';
import { headlessShellOptions } from './src/chromium.ts';
import { firefoxPath } from './src/firefox.ts';
import { root } from './src/paths.ts';

/** Every spec starts the servers it needs by itself and shares nothing with any other. */
export default defineConfig({
  testDir: join(root, 'e2e'),
  outputDir: join(root, 'test-results', 'e2e'),
  // What cannot be tried here is left out; CI has a Firefox, or fails.
  testIgnore: firefoxPath() === undefined ? ['firefox.spec.ts'] : [],
  workers: 3,
  fullyParallel: true,
  // A test that passes at the second try tells of a race.
  retries: 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: join(root, 'test-results', 'e2e.json') }]],
  use: {
    launchOptions: headlessShellOptions(),
    screenshot: 'only-on-failure',
    actionTimeout: 10_000,
    navigationTimeout: 20_000,
  },
});
