import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiledWasm } from '@octavo/crsqlite/node-wasm.ts';
import { pino } from 'pino';
import { beforeAll, onTestFinished } from 'vitest';
import { type Config, readConfig } from '../src/config.ts';
import { type RunningServer, startServer } from '../src/server.ts';
import { temporaryFolder } from './temporary-folder.ts';

// While this thread has it, V8 compiles it for none of the servers' threads again.
await compiledWasm();

/** A configuration for a test: any free port, a folder of its own, no app. */
export async function testConfig(changes: Partial<Config> = {}): Promise<Config> {
  const dataDir = changes.dataDir ?? (await temporaryFolder());
  return {
    ...readConfig({ OCTAVO_DEV: '1', OCTAVO_LOG: 'error', PORT: '0' }, ['--data-dir', dataDir]),
    webRoot: join(dataDir, 'no-app'),
    ...changes,
  };
}

/** A real server, closed when the test has finished. */
export async function runServer(changes: Partial<Config> = {}): Promise<RunningServer & { config: Config }> {
  const config = await testConfig(changes);
  const server = await startServer(config, { logger: pino({ level: 'silent' }) });
  onTestFinished(() => server.close());
  return { ...server, config };
}

/** A database that no other test uses. */
export interface TestShop {
  /** Of its server. */
  url: string;
  database: string;
  /** Of the database. */
  address: string;
  dataDir: string;
}

/** Settings of a shared server, or what makes them, given its data folder. */
type Changes = Partial<Config> | ((dataDir: string) => Promise<Partial<Config>>);

/** One real server for all tests of a file, which starts once. Each test asks it for a name of its own. */
export function shareServer(changes: Changes = {}): () => TestShop {
  let shared: { url: string; dataDir: string } | undefined;
  let names = 0;
  beforeAll(async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'octavo test-'));
    const changed = typeof changes === 'function' ? await changes(dataDir) : changes;
    const config = await testConfig({ dataDir, ...changed });
    const server = await startServer(config, { logger: pino({ level: 'silent' }) });
    shared = { url: server.url, dataDir };
    return async () => {
      await server.close();
      await rm(dataDir, { recursive: true });
    };
  });
  return () => {
    if (shared === undefined) throw new Error('The server has not been started yet; ask inside a test.');
    names += 1;
    const database = `shop-${names}.sqlite3`;
    return { ...shared, database, address: `${shared.url}/${database}` };
  };
}

export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Asks a server and reads the JSON it answers. */
export async function ask(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Posts JSON. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return ask(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** Runs SQL on a server's database. */
export function exec(
  { url, database = 'shop.sqlite3' }: { url: string; database?: string },
  sql: string,
  bind: unknown[] = [],
): Promise<Answer> {
  return post(`${url}/${database}/exec`, { sql, bind });
}

/** As that, and waits until what it has written is copied: on a busy machine the answer does not. */
export async function execCopied(server: { url: string; database?: string }, sql: string): Promise<void> {
  await exec(server, sql);
  await post(`${server.url}/api/retry-sync?db=${server.database ?? 'shop.sqlite3'}`, undefined);
}
