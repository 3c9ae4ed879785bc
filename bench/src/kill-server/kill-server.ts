import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@octavo/crsqlite/database.ts';
import { withCopyOfShop } from '@octavo/e2e/database-file.ts';
import { NodeReplica } from '@octavo/e2e/node-replica.ts';
import { ServerProcess } from '@octavo/e2e/server-process.ts';
import { check, type Measures, type RunOptions, type Scenario } from '../scenario.ts';

const CLIENTS = 20;
/** Of one client: enough that there is always something under way. */
const UNDER_WAY = 20;
const BOOKS_EACH = 3;
/** The server dies at a random moment within this time after its clients have begun to be heard. */
const KILL_WITHIN_MS = 1_500;

/** The server is killed again and again while many write: everything that it has acknowledged is on its disk. */
export const killServer: Scenario = { name: 'kill-server', browser: false, onRequest: true, run };

async function run({ kills }: RunOptions): Promise<Measures> {
  await using server = await ServerProcess.start({ dev: false });
  using replicas = new DisposableStack();
  const writers: Writer[] = [];
  for (let index = 0; index < CLIENTS; index += 1)
    writers.push(new Writer(index, replicas.use(await NodeReplica.open(server.url))));
  for (const writer of writers) writer.connect();

  const acknowledged: number[] = [];
  for (let kill = 1; kill <= kills; kill += 1) {
    const before = sum(writers.map((writer) => writer.safe));
    while (sum(writers.map((writer) => writer.safe)) === before) await keepBusy(writers);
    const dies = performance.now() + Math.random() * KILL_WITHIN_MS;
    while (performance.now() < dies) await keepBusy(writers);
    await server.kill();

    await withCopyOfShop(server.dataDir, (onDisk) => {
      check(`integrity after kill ${kill}`, onDisk.prepare('PRAGMA integrity_check').all(), [
        { integrity_check: 'ok' },
      ]);
      for (const writer of writers)
        check(`acknowledged and missing after kill ${kill}`, writer.missingIn(onDisk), 0);
    });
    acknowledged.push(sum(writers.map((writer) => writer.safe)));
    await server.restart();
  }

  while (!writers.every((writer) => writer.done)) await delay(50);
  await server.stop();
  const written = sum(writers.map((writer) => writer.written));
  await withCopyOfShop(server.dataDir, (onDisk) =>
    check('books in the end', onDisk.prepare('SELECT count(*) AS books FROM book').get(), { books: written }),
  );
  return {
    [`${kills} kills under ${CLIENTS} clients: acknowledged books looked for on disk, in sum`]: {
      value: sum(acknowledged),
      unit: 'books',
    },
    '… acknowledged and missing': { value: 0, unit: 'books', atMost: 0 },
    '… books in the end': { value: written, unit: 'books' },
  };
}

/** A client that writes books under its own numbers, in their order. */
class Writer {
  readonly #index: number;
  readonly #replica: NodeReplica;
  /** The version of its log with which each transaction ended, and the books written by then. */
  readonly #transactions: { version: bigint; books: number }[] = [];
  written = 0;

  constructor(index: number, replica: NodeReplica) {
    this.#index = index;
    this.#replica = replica;
  }

  connect(): void {
    this.#replica.connect();
  }

  /** How many of its books the server has said are on its disk. */
  get safe(): number {
    const { acknowledged } = this.#replica;
    return this.#transactions.findLast(({ version }) => version <= acknowledged)?.books ?? 0;
  }

  get done(): boolean {
    return this.#replica.state.status === 'synced';
  }

  writeSome(): void {
    if (this.written - this.safe >= UNDER_WAY * BOOKS_EACH) return;
    this.#replica.write((database) => {
      const insert = database.prepare('INSERT INTO book (isbn, title, authors) VALUES (?, ?, ?)');
      for (let count = 0; count < BOOKS_EACH; count += 1) {
        this.written += 1;
        insert.run(this.#isbn(this.written), `Book ${this.written}`, `Client ${this.#index}`);
      }
    });
    this.#transactions.push({ version: this.#replica.head, books: this.written });
  }

  /** How many of those that the server has acknowledged are not there, whole. */
  missingIn(database: Database): number {
    const there = database
      .prepare<{ books: number }>(
        'SELECT count(*) AS books FROM book WHERE isbn BETWEEN ? AND ? AND title IS NOT NULL AND authors IS NOT NULL',
      )
      .get(this.#isbn(1), this.#isbn(this.safe));
    return this.safe - (there?.books ?? 0);
  }

  #isbn(number: number): string {
    return `${String(this.#index).padStart(3, '0')}-${String(number).padStart(9, '0')}`;
  }
}

async function keepBusy(writers: readonly Writer[]): Promise<void> {
  for (const writer of writers) writer.writeSome();
  await delay(5);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
