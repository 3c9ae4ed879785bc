// Loaded by every thread of a server that is measured, before the server itself. Ten times a second it notes the
// process's memory and the longest that this thread's event loop was held up since the last note. It changes nothing
// and answers nobody, so what is measured is the server as it is.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { isMainThread, threadId } from 'node:worker_threads';
import { PROBE_FOLDER, type Sample } from './samples.ts';

const SAMPLE_INTERVAL_MS = 100;
/** The monitor's own timer: its readings contain it. */
const RESOLUTION_MS = 2;

const folder = process.env[PROBE_FOLDER];
if (folder !== undefined) {
  const notes = createWriteStream(join(folder, isMainThread ? 'main' : `thread-${threadId}`));
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  setInterval(() => {
    const sample: Sample = {
      at: Date.now(),
      heldUpMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
      rss: process.memoryUsage.rss(),
    };
    delay.reset();
    notes.write(`${JSON.stringify(sample)}\n`);
  }, SAMPLE_INTERVAL_MS).unref();
}
