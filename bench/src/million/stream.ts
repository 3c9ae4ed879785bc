import { join } from 'node:path';
import process from 'node:process';
import { ServerProcess } from '@octavo/e2e/server-process.ts';
import { makeTemporaryFolder, removeFolder } from '@octavo/e2e/temporary-folder.ts';
import { openFile } from '@octavo/crsqlite/node.ts';
import type { Measure } from '../measure.ts';
import { megabytes, milliseconds } from '../measure.ts';
import { check, type Measures, type Scenario } from '../scenario.ts';
import { Client } from './client.ts';
import { PROBE_FOLDER, worstSince } from './samples.ts';
import { CHANGES_PER_BOOK } from './workload.ts';

const SERVER_RSS_MB = 300;
const EVENT_LOOP_MS = 50;

interface Backlog {
  transactions: number;
  booksEach: number;
}

/** A morning after a long time offline, spread over many transactions of the size that an import has. */
export const million: Scenario = {
  name: 'million',
  browser: false,
  run: () => stream('million', { transactions: 286, booksEach: 500 }),
};

/** The same in one transaction, which has to appear at once wherever it appears. */
export const oneTransaction: Scenario = {
  name: 'one-transaction',
  browser: false,
  run: () => stream('one transaction', { transactions: 1, booksEach: 21_429 }),
};

/** One client streams a backlog to a real server, which streams it on to another client that listens. */
async function stream(title: string, { transactions, booksEach }: Backlog): Promise<Measures> {
  await using folders = new AsyncDisposableStack();
  const folder = folders.adopt(await makeTemporaryFolder('stream'), removeFolder);
  const probes = folders.adopt(await makeTemporaryFolder('probes'), removeFolder);
  process.env[PROBE_FOLDER] = probes;
  await using server = await ServerProcess.start({
    dev: false,
    preload: new URL('./probe.ts', import.meta.url),
  });
  using writer = await Client.start(server.url, join(folder, 'writer.sqlite3'));
  using reader = await Client.start(server.url, join(folder, 'reader.sqlite3'));
  const { changes, lastIsbn } = await writer.write(transactions, booksEach);
  const books = transactions * booksEach;
  check('changes in the backlog', changes, books * CHANGES_PER_BOOK);

  const readerSynced = reader.next('synced');
  reader.connect();
  await readerSynced;
  const begunAt = Date.now();
  const begun = performance.now();
  const elsewhere = reader.arrival(lastIsbn);
  const safe = writer.next('synced').then(() => performance.now() - begun);
  writer.connect();
  await elsewhere;
  const arrived = performance.now() - begun;
  const confirmed = await safe;
  const cost = await worstSince(probes, begunAt);

  const [written, read] = [await writer.account(), await reader.account()];
  for (const account of [written, read]) check('integrity of a client', account.integrity, 'ok');
  check('books at the reader', read.books, books);
  check("the reader's books are the writer's", read.digest, written.digest);
  await server.stop();
  await checkServer(join(server.dataDir, 'shop.sqlite3'), books);

  const perChange = (bytes: number): Measure => ({ value: bytes / changes, unit: 'bytes' });
  return {
    [`${title}: ${changes} changes on the server's disk`]: milliseconds(confirmed),
    '… and at the other client': milliseconds(arrived),
    '… changes a second, from client to client': { value: changes / (arrived / 1000), unit: '/s' },
    '… server, resident memory': megabytes(cost.rssBytes, { atMost: SERVER_RSS_MB }),
    "… server, main thread's event loop held up": milliseconds(cost.mainThreadHeldUpMs, {
      atMost: EVENT_LOOP_MS,
    }),
    "… server, database thread's event loop held up": milliseconds(cost.databaseThreadHeldUpMs),
    '… a change sent': perChange(written.sentBytes),
    '… a change received': perChange(read.receivedBytes),
    '… sending client, resident memory': megabytes(written.rssBytes),
    '… receiving client, resident memory': megabytes(read.rssBytes),
  };
}

async function checkServer(path: string, books: number): Promise<void> {
  const database = await openFile(path, { owner: 'the benchmark' });
  check('books at the server', database.prepare('SELECT count(*) AS books FROM book').get(), { books });
  check('integrity of the server', database.prepare('PRAGMA integrity_check').all(), [
    { integrity_check: 'ok' },
  ]);
  database.close();
}
