import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { ServerProcess } from '@octavo/e2e/server-process.ts';
import { makeTemporaryFolder, removeFolder } from '@octavo/e2e/temporary-folder.ts';
import { milliseconds } from '../measure.ts';
import { PROBE_FOLDER, usedBetween, worstSince } from '../million/samples.ts';
import { check, type Measures, type Scenario } from '../scenario.ts';
import { percentile } from '../statistics.ts';
import { Crowd } from './crowd.ts';

const CROWDS = 4;
const CLIENTS_EACH = 120;
/** In processes that are not busy with anything else: writes come when they are due, and what is seen of them is the server's part. */
const WRITERS = 16;
const WATCHERS = 4;
const WRITES_A_SECOND = 20;
const WRITE_MS = 60_000;
/** Clients on machines of their own would not take the processor from the server. */
const NICENESS = 5;
/** Until the server has settled, and the probes have noted it. */
const REST_MS = 2_000;

/** A chain of shops on one server: everybody is connected, and somebody is always writing. */
export const manyClients: Scenario = { name: 'many-clients', browser: false, onRequest: true, run };

async function run(): Promise<Measures> {
  await using folders = new AsyncDisposableStack();
  const probes = folders.adopt(await makeTemporaryFolder('probes'), removeFolder);
  process.env[PROBE_FOLDER] = probes;
  await using server = await ServerProcess.start({
    dev: false,
    preload: new URL('../million/probe.ts', import.meta.url),
  });
  const { url } = server;
  using crowds = new DisposableStack();
  const all: Crowd[] = [];
  for (let index = 0; index < CROWDS; index += 1) {
    const options = { url, name: `crowd ${index}`, clients: CLIENTS_EACH, niceness: NICENESS };
    all.push(crowds.use(await Crowd.start(options)));
  }
  const writers = crowds.use(await Crowd.start({ url, name: 'writers', clients: WRITERS, niceness: 0 }));
  const watchers = crowds.use(await Crowd.start({ url, name: 'watchers', clients: WATCHERS, niceness: 0 }));
  all.push(writers, watchers);

  await delay(REST_MS);
  const before = await usedBetween(probes, Date.now() - REST_MS, Date.now());
  const connecting = performance.now();
  for (const crowd of all) crowd.connect();
  await Promise.all(all.map((crowd) => crowd.settled(0)));
  const connected = performance.now() - connecting;
  await delay(REST_MS);
  const idle = await usedBetween(probes, Date.now() - REST_MS, Date.now());

  watchers.watch();
  const began = Date.now();
  const books = await writers.write(WRITES_A_SECOND, WRITE_MS);
  const ended = Date.now();
  await Promise.all(all.map((crowd) => crowd.settled(books)));
  const settled = Date.now() - ended;
  const used = await usedBetween(probes, began, ended);
  const worst = await worstSince(probes, began);

  const accounts = await Promise.all(all.map((crowd) => crowd.account()));
  check('different shops among the clients', new Set(accounts.flatMap(({ digests }) => digests)).size, 1);
  const deliveries = accounts.flatMap((account) => account.deliveries);
  const clients = CROWDS * CLIENTS_EACH + WRITERS + WATCHERS;
  const part = (worked: number) => ({ value: (100 * worked) / (ended - began), unit: '%' as const });
  return {
    [`${clients} clients: until all are connected and green`]: milliseconds(connected),
    [`… ${WRITES_A_SECOND} writes/s for 60 s (${books} in sum): delivery, median`]: milliseconds(
      percentile(deliveries, 0.5),
    ),
    '… delivery, 99 of 100': milliseconds(percentile(deliveries, 0.99)),
    '… until all have everything and are green, after the last write': milliseconds(settled),
    '… server, main thread, of one core': part(used.mainThreadMs),
    '… server, databases, of one core': part(used.otherThreadsMs),
    '… server, longest hold-up of the main thread by itself': milliseconds(worst.mainThread.own),
    '… server, memory for one connection': {
      value: (idle.rssBytes - before.rssBytes) / clients,
      unit: 'bytes',
    },
    '… server, resident memory': { value: used.rssBytes / 1024 / 1024, unit: 'MB' },
  };
}
