import process from 'node:process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withCopyOfShop } from '@octavo/e2e/database-file.ts';
import { NodeReplica } from '@octavo/e2e/node-replica.ts';
import { ServerProcess, SHOP } from '@octavo/e2e/server-process.ts';
import { makeTemporaryFolder, removeFolder } from '@octavo/e2e/temporary-folder.ts';
import { check, type Measures, type RunOptions, type Scenario } from '../scenario.ts';

/** A server dies at a random moment within this time. */
const KILL_WITHIN_MS = 1_200;
/** One in so many books is so large that the whole file has to be copied again soon. */
const LARGE_EVERY = 12;
const LARGE_BYTES = 150_000;
const PATIENCE_MS = 30_000;

/**
 * Two servers that share a store are killed again and again while they copy what is written and fetch what the other one has
 * copied: the store restores to a sound shop that has everything of which it was said that it is there.
 */
export const killCloud: Scenario = { name: 'kill-cloud', browser: false, onRequest: true, run };

async function run({ kills }: RunOptions): Promise<Measures> {
  const folder = await makeTemporaryFolder('cloud');
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => removeFolder(folder));
  const cloud = `file:${join(folder, 'copies')}`;
  const north = await Branch.open('north', cloud, cleanup);
  north.write();
  // The other one is to find the same shop.
  await north.allCopied();
  const branches = [north, await Branch.open('south', cloud, cleanup)];

  let looked = 0;
  for (let kill = 1; kill <= kills; kill += 1) {
    const victim = branches[kill % branches.length] ?? north;
    for (const branch of branches) {
      branch.write();
      await branch.allCopied();
    }
    const ends = performance.now() + Math.random() * KILL_WITHIN_MS;
    do {
      for (const branch of branches) branch.write();
      await Promise.all(branches.map((branch) => branch.look()));
      await delay(5);
    } while (performance.now() < ends);
    const copied = branches.map((branch) => branch.copied);
    await victim.server.kill();
    await withCopyOfShop(victim.server.dataDir, (onDisk) =>
      check(`integrity here after kill ${kill}`, onDisk.prepare('PRAGMA integrity_check').all(), [
        { integrity_check: 'ok' },
      ]),
    );
    await using restored = await ServerProcess.start({ cloud });
    check(`integrity of what the store has after kill ${kill}`, await restored.integrity(), 'ok');
    for (const [index, branch] of branches.entries()) {
      const books = copied[index] ?? 0;
      const there = await restored.count(
        'SELECT count(*) FROM book WHERE isbn BETWEEN ? AND ? AND title IS NOT NULL AND authors IS NOT NULL',
        [branch.isbn(1), branch.isbn(books)],
      );
      check(`said to be copied and missing after kill ${kill}`, books - there, 0);
      looked += books;
    }
    await victim.server.restart();
    if (kill % 10 === 0) process.stderr.write(`  ${kill} of ${kills} kills\n`);
  }

  const written = branches.reduce((sum, branch) => sum + branch.written, 0);
  let found: unknown[] = [];
  await until(
    'both have everything',
    async () => {
      await Promise.all(branches.map((branch) => branch.look()));
      found = await Promise.all(
        branches.map(async ({ server, replica }) => ({
          books: countIn(replica),
          state: replica.state,
          check: await server.request(`/api/sync-status?db=${SHOP}`),
        })),
      );
      return branches.every(({ replica }) => countIn(replica) === written);
    },
    () => found,
  );
  return {
    [`${kills} kills of two servers that copy and fetch: books looked for in what was restored, in sum`]: {
      value: looked,
      unit: 'books',
    },
    '… said to be copied and missing': { value: 0, unit: 'books', atMost: 0 },
    '… books in the end, at both': { value: written, unit: 'books' },
  };
}

/** A server with a client that writes there, under numbers of its own. */
class Branch {
  readonly server: ServerProcess;
  readonly replica: NodeReplica;
  readonly #name: string;
  written = 0;
  #copied = 0;

  private constructor(name: string, server: ServerProcess, replica: NodeReplica) {
    this.#name = name;
    this.server = server;
    this.replica = replica;
  }

  static async open(name: string, cloud: string, cleanup: AsyncDisposableStack): Promise<Branch> {
    const server = cleanup.use(await ServerProcess.start({ cloud, dev: false }));
    const replica = cleanup.use(await NodeReplica.open(server.url));
    replica.connect();
    return new Branch(name, server, replica);
  }

  write(): void {
    this.written += 1;
    const size = this.written % LARGE_EVERY === 0 ? LARGE_BYTES : 1;
    const authors = Array.from({ length: Math.ceil(size / 36) }, () => crypto.randomUUID()).join('');
    this.replica.write((database) =>
      database
        .prepare('INSERT INTO book (isbn, title, authors) VALUES (?, ?, ?)')
        .run(this.isbn(this.written), `Book ${this.written}`, authors),
    );
  }

  /** How many of the first books it has been told are in the copy. */
  get copied(): number {
    if (this.replica.copied) this.#copied = this.written;
    return this.#copied;
  }

  allCopied(): Promise<void> {
    return until(`everything of the ${this.#name} is copied`, () => this.copied === this.written);
  }

  /** Has the server fetch what the other one has copied. It may just have been killed. */
  async look(): Promise<void> {
    try {
      await this.server.request(`/api/check-and-sync?db=${SHOP}`, { method: 'POST' });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }

  isbn(number: number): string {
    return `${this.#name}-${String(number).padStart(9, '0')}`;
  }
}

function countIn({ database }: NodeReplica): number {
  return database.prepare<{ books: number }>('SELECT count(*) AS books FROM book').get()?.books ?? 0;
}

/** @throws WrongResult where it does not come true in time */
async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  found: () => unknown = () => false,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) check(what, found(), true);
    await delay(20);
  }
}
