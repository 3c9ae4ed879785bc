import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { pino } from 'pino';
import { type Config, ConfigError, HelpRequested, readConfig } from './config.ts';
import { createLogger } from './logging.ts';
import { startServer } from './server.ts';

/** Whoever asked the server to stop may kill it after ten seconds; it says so before. */
const SHUTDOWN_LIMIT_MS = 9_000;
const SAME_REQUEST_MS = 1_000;

// What a thread merges is garbage at once. V8 lets heaps and nurseries grow severalfold before it looks through them again:
// while a million changes stream through, the process had 340 MB so, and has 250 MB with this, as quickly.
setFlagsFromString('--heap-growing-percent=15');
setFlagsFromString('--semi-space-growth-factor=1');

const config = configOrExit();
// Standard output belongs to the one line with the address.
// Written behind the server's back: whoever reads it slowly does not hold the server up.
const log = pino.destination({ fd: 2, sync: false });
const logger = createLogger(config.logLevel, log);
process.on('exit', () => log.flushSync());

try {
  const server = await startServer(config, { logger });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));
  process.stdout.write(`Octavo is ready at ${server.url}\n`);
  if (server.signInUrl !== undefined)
    process.stdout.write(`Open this once, within 15 minutes, to look after it: ${server.signInUrl}\n`);

  let stoppingSince: number | undefined;
  async function stop(signal: string): Promise<void> {
    if (stoppingSince !== undefined) {
      // Asked again by somebody who has lost patience; an unfinished transaction is rolled back at the next start. One
      // Ctrl-C may come twice: from the terminal, and passed on by whoever started us.
      if (performance.now() - stoppingSince > SAME_REQUEST_MS) process.exit(1);
      return;
    }
    stoppingSince = performance.now();
    logger.info({ signal }, 'stopping');
    setTimeout(() => {
      logger.error('could not stop in time');
      process.exit(1);
    }, SHUTDOWN_LIMIT_MS).unref();
    await server.close();
    logger.info('stopped');
    process.exit(0);
  }
} catch (error) {
  process.stderr.write(`Octavo did not start: ${error instanceof Error ? error.message : String(error)}\n`);
  logger.debug({ err: error }, 'start failed');
  process.exit(1);
}

function configOrExit(): Config {
  try {
    return readConfig(process.env, process.argv.slice(2));
  } catch (error) {
    if (error instanceof HelpRequested) {
      process.stdout.write(error.message);
      process.exit(0);
    }
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`Octavo did not start:\n${error.message}\n`);
    process.exit(2);
  }
}
