import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Config } from '../src/config.ts';
import { type RunningServer, startServer } from '../src/server.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A configuration for a test: any free port, a folder of its own, no app. */
export async function testConfig(changes: Partial<Config> = {}): Promise<Config> {
  const dataDir = changes.dataDir ?? (await temporaryFolder());
  return {
    host: '127.0.0.1',
    port: 0,
    dataDir,
    dev: true,
    auth: 'none',
    cloud: 'off',
    logLevel: 'error',
    allowedOrigins: [],
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
  server: { url: string },
  sql: string,
  bind: unknown[] = [],
  database = 'shop.sqlite3',
): Promise<Answer> {
  return post(`${server.url}/${database}/exec`, { sql, bind });
}
