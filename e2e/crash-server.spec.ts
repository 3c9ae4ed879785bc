import { setImmediate } from 'node:timers/promises';
import type { Database } from '@octavo/crsqlite/database.ts';
import { withCopyOfShop } from './src/database-file.ts';
import { chooseKills } from './src/kills.ts';
import { NodeReplica } from './src/node-replica.ts';
import type { ServerProcess } from './src/server-process.ts';
import { SYNC_LIMIT_MS } from './src/shop-page.ts';
import { expect, test } from './src/test.ts';

const KILLS = chooseKills();
const BOOKS_PER_TRANSACTION = 10;
/** Enough to be in the middle of a stream at every moment, without growing the shop beyond need. */
const TRANSACTIONS_UNDER_WAY = 30;

test(`a server killed ${KILLS} times in the middle of a stream keeps every change it has acknowledged`, async ({
  server,
  openShop,
  random,
}) => {
  test.setTimeout(60_000 + KILLS * 15_000);
  const reader = await openShop();
  using writer = await NodeReplica.open(server.url);
  const stock = new GrowingStock(writer);
  writer.connect();

  for (let kill = 1; kill <= KILLS; kill += 1) {
    const killed = killAfterFrames(server, writer, 1 + Math.floor(random() * 8));
    while (!(await isSettled(killed))) {
      if (stock.transactionsAfter(writer.acknowledged) < TRANSACTIONS_UNDER_WAY) stock.writeSome();
    }

    const safe = stock.booksUpTo(writer.acknowledged);
    await withCopyOfShop(server.dataDir, (onDisk) => {
      expect(integrityOf(onDisk)).toBe('ok');
      expect(countBooks(onDisk, safe), `acknowledged books on disk after kill ${kill}`).toBe(safe);
    });
    expect(stock.written, 'there was something to lose').toBeGreaterThan(safe);
    // Nobody tells the clients to go on: without that, the next kill would wait for frames in vain.
    await server.restart();
  }

  await expect.poll(() => writer.acknowledged === writer.head, { timeout: SYNC_LIMIT_MS }).toBe(true);
  expect(await server.integrity()).toBe('ok');
  expect(await server.count('SELECT count(*) FROM book')).toBe(stock.written);
  await expect
    .poll(() => reader.count('SELECT count(*) FROM book'), { timeout: SYNC_LIMIT_MS })
    .toBe(stock.written);
  await reader.waitForLight('synced');
  expect(await reader.integrity()).toBe('ok');
});

/** Books numbered from 1 in the order of their writing. */
class GrowingStock {
  readonly #replica: NodeReplica;
  /** The version of the log with which each transaction ended, and the books written by then. */
  readonly #transactions: { version: bigint; books: number }[] = [];
  written = 0;

  constructor(replica: NodeReplica) {
    this.#replica = replica;
  }

  writeSome(): void {
    this.#replica.write((db) => {
      const insert = db.prepare('INSERT INTO book (isbn, title, authors, price) VALUES (?, ?, ?, ?)');
      for (let count = 0; count < BOOKS_PER_TRANSACTION; count += 1) {
        this.written += 1;
        insert.run(isbnOf(this.written), `Book ${this.written}`, 'Somebody', this.written);
      }
    });
    this.#transactions.push({ version: this.#replica.head, books: this.written });
  }

  transactionsAfter(version: bigint): number {
    return this.#transactions.length - 1 - this.#transactions.findLastIndex((one) => one.version <= version);
  }

  booksUpTo(version: bigint): number {
    return this.#transactions.findLast((transaction) => transaction.version <= version)?.books ?? 0;
  }
}

/** Kills the server when so many frames have come from it. Resolves when it is dead. */
async function killAfterFrames(server: ServerProcess, replica: NodeReplica, frames: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let left = frames;
  const stop = replica.onFrame(() => {
    left -= 1;
    if (left <= 0) resolve(undefined);
  });
  await promise;
  stop();
  await server.kill();
}

/** Lets everything that waits have its turn, and tells whether the promise is among what is done. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), setImmediate(false)]);
}

function isbnOf(number: number): string {
  return `979${String(number).padStart(10, '0')}`;
}

function countBooks(database: Database, upTo: number): number {
  return Number(
    database
      .prepare<{ books: number }>('SELECT count(*) AS books FROM book WHERE isbn <= ?')
      .get(isbnOf(upTo))?.books,
  );
}

function integrityOf(database: Database): unknown {
  return database.prepare<{ integrity_check: string }>('PRAGMA integrity_check').get()?.integrity_check;
}
