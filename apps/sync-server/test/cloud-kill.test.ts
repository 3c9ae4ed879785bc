import { randomInt } from 'node:crypto';
import { copyFile } from 'node:fs/promises';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { examineFile } from '../src/databases/examine-file.ts';
import { NodeClient } from './node-client.ts';
import { spawnServer, type ServerProcess, startProcess } from './processes.ts';
import { ask, exec, post } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SHOP = 'shop.sqlite3';
/** As many as begin within this time, and at least each server once in each of its moments. */
const KILL_FOR_MS = 8_000;
const LEAST_KILLS = 4;
const KILL_WITHIN_MS = 400;

/** A server that is killed and comes back, and a till that writes there. */
class Branch {
  readonly dataDir: string;
  readonly #cloud: string;
  readonly #name: string;
  #server: ServerProcess;
  readonly till: NodeClient;
  written = 0;
  #copied = 0;

  private constructor(name: string, cloud: string, dataDir: string, server: ServerProcess, till: NodeClient) {
    this.#name = name;
    this.#cloud = cloud;
    this.dataDir = dataDir;
    this.#server = server;
    this.till = till;
    onTestFinished(() => void this.#server.child.kill('SIGKILL'));
  }

  static async open(name: string, cloud: string): Promise<Branch> {
    const dataDir = await temporaryFolder();
    const server = await spawnServer({ DATA_DIR: dataDir, OCTAVO_CLOUD: cloud });
    return new Branch(name, cloud, dataDir, server, await NodeClient.connect(server));
  }

  write(): void {
    this.written += 1;
    const sql = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
    this.till.write(sql, `${this.#name}-${this.written}`, crypto.randomUUID());
  }

  /** Writes the same large text anew until the parts outweigh the file, and its server copies that. */
  async writeUntilFileIsCopied(): Promise<void> {
    await this.fetched();
    const isCopied = (): boolean => readdirSync(join(this.dataDir, 'temporary')).length > 0;
    while (!isCopied()) {
      const title = Array.from({ length: 4_000 }, () => crypto.randomUUID()).join('');
      this.till.write('UPDATE book SET title = ? WHERE isbn = ?', title, `${this.#name}-1`);
      await vi.waitUntil(() => isCopied() || this.till.cloud?.complete === true, {
        timeout: 20_000,
        interval: 1,
      });
    }
  }

  /** Of how many books the till has been told that they are in the copy. */
  get copied(): number {
    if (this.till.cloud?.complete === true) this.#copied = this.written;
    return this.#copied;
  }

  async look(): Promise<void> {
    await post(`${this.#server.url}/api/check-and-sync?db=${SHOP}`, undefined).catch(() => undefined);
  }

  /** Lets it come to what was written. */
  async turn(): Promise<void> {
    await ask(`${this.#server.url}/health`);
  }

  /** Waits until it fetches nothing any more. */
  async fetched(): Promise<void> {
    await vi.waitUntil(
      async () => {
        const { body } = await ask(`${this.#server.url}/api/sync-status?db=${SHOP}`);
        return !(body as { is_syncing: boolean }).is_syncing;
      },
      { timeout: 20_000, interval: 50 },
    );
  }

  async kill(): Promise<void> {
    this.#server.child.kill('SIGKILL');
    await this.#server.ended;
  }

  async restart(): Promise<void> {
    const PORT = new URL(this.#server.url).port;
    this.#server = await spawnServer({ DATA_DIR: this.dataDir, OCTAVO_CLOUD: this.#cloud, PORT });
  }
}

test('two servers killed again and again, while they copy what was written, or all of it, and fetch: what the store has is whole', async () => {
  const cloud = `file:${join(await temporaryFolder(), 'cloud')}`;
  const north = await Branch.open('north', cloud);
  north.write();
  // The other one is to find the same shop.
  await north.till.until('copied', () => north.copied === 1);
  const branches = [north, await Branch.open('south', cloud)];
  const began = performance.now();
  for (let kill = 0; kill < LEAST_KILLS || performance.now() < began + KILL_FOR_MS; kill += 1) {
    for (const branch of branches) {
      branch.write();
      await branch.till.until('copied', () => branch.copied === branch.written);
    }
    const victim = branches[kill % branches.length] ?? north;
    const isWhole = kill % 4 >= branches.length;
    if (isWhole) await victim.writeUntilFileIsCopied();
    const ends = performance.now() + randomInt(KILL_WITHIN_MS);
    do {
      for (const branch of branches) branch.write();
      await Promise.all(branches.map((branch) => (isWhole ? branch.turn() : branch.look())));
    } while (performance.now() < ends);
    const copied = branches.map((branch) => branch.copied);
    await victim.kill();

    const left = join(await temporaryFolder(), SHOP);
    for (const suffix of ['', '-journal'])
      if (existsSync(join(victim.dataDir, SHOP + suffix)))
        await copyFile(join(victim.dataDir, SHOP + suffix), left + suffix);
    await examineFile(left, { depth: 'full', owner: 'a test' });

    const restored = await startProcess({ DATA_DIR: await temporaryFolder(), OCTAVO_CLOUD: cloud });
    const { body } = await exec(
      restored,
      'SELECT substr(isbn, 1, 5) AS branch, count(title) AS books FROM book GROUP BY 1 ORDER BY 1',
    );
    const { rows } = body as { rows: { books: number }[] };
    for (const [index, count] of copied.entries()) expect(rows[index]?.books).toBeGreaterThanOrEqual(count);
    restored.child.kill('SIGKILL');
    await victim.restart();
  }
  await Promise.all(branches.map(({ till }) => till.synced()));
  for (let round = 0; round < 2; round += 1)
    for (const branch of branches) {
      await branch.fetched();
      await branch.look();
      await branch.fetched();
    }
  const total = branches.reduce((sum, { written }) => sum + written, 0);
  for (const { till } of branches)
    await till.until('all of both', () => till.rows('SELECT 1 FROM book').length === total);
}, 180_000);
