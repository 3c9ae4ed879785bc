import { ServerProcess } from '@octavo/e2e/server-process.ts';
import { milliseconds } from '../measure.ts';
import type { Measures, Scenario } from '../scenario.ts';
import { Crowd } from './crowd.ts';

const CLIENTS = 50;
const GREEN_MS = 5_000;

/** A new version is started in the place of the old one while 50 clients are connected. */
export const rollingRestart: Scenario = { name: 'rolling-restart', browser: false, onRequest: true, run };

async function run(): Promise<Measures> {
  await using server = await ServerProcess.start({ dev: false });
  using crowd = await Crowd.start({ url: server.url, name: 'crowd', clients: CLIENTS, niceness: 0 });
  crowd.connect();
  await crowd.settled(0);

  const began = performance.now();
  await server.stop();
  const stopped = performance.now() - began;
  await server.restart();
  const ready = performance.now() - began;
  await crowd.settled(0);
  const green = performance.now() - began;
  return {
    [`${CLIENTS} clients: the server is asked to stop, and has ended`]: milliseconds(stopped),
    '… the next one is ready': milliseconds(ready),
    '… all clients are green again': milliseconds(green, { atMost: GREEN_MS }),
  };
}
