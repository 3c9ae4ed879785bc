// Builds the app where its sources have changed.
import process from 'node:process';
import { ensureAppBuilt } from './build-app.ts';

try {
  ensureAppBuilt();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
