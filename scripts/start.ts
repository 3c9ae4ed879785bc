// npm start: one server that serves the app and syncs it. Prints one line on standard output when it is ready.
import process from 'node:process';
import { ensureAppBuilt } from './build-app.ts';

try {
  ensureAppBuilt();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
// In this process, so that signals and the exit code are the server's own. By its address, so that these scripts are
// type-checked without the server.
await import(new URL('../apps/sync-server/src/main.ts', import.meta.url).href);
