import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { beforeAll, expect, test } from 'vitest';
import { type Credentials, makeCredentials } from './attack/credentials.ts';
import { Pulse } from './attack/pulse.ts';
import { type ServerProcess, spawnServer } from './processes.ts';

/** Only a server that does not answer takes so long; what it was is printed. The machine may be busy with others. */
const WORST_MS = 5_000;
const MEDIAN_MS = 500;
/** A thousand strangers with a message of four megabytes each would be far beyond. */
const MEMORY_BYTES = 600 * 1024 * 1024;

let server: ServerProcess;
let credentials: Credentials;

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'octavo flood-'));
  credentials = await makeCredentials(dataDir);
  server = await spawnServer({
    DATA_DIR: dataDir,
    OCTAVO_AUTH: 'tokens',
    OCTAVO_CONNECTIONS_PER_ADDRESS: '3000',
    OCTAVO_HANDSHAKE_SECONDS: '2',
    OCTAVO_REQUEST_SECONDS: '2',
  });
  return async () => {
    server.child.kill('SIGKILL');
    await server.ended;
    await rm(dataDir, { recursive: true });
  };
});

const floodResult = v.object({ ends: v.record(v.string(), v.number()), seconds: v.number() });

async function flood(kind: string): Promise<v.InferOutput<typeof floodResult>> {
  const script = join(import.meta.dirname, 'attack', 'flood.ts');
  const args = [script, kind, server.url, credentials.member ?? ''];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return v.parse(v.pipe(v.string(), v.parseJson(), floodResult), stdout);
}

async function metric(name: string): Promise<number> {
  const headers = { authorization: `Bearer ${credentials.admin ?? ''}` };
  const text = await (await fetch(`${server.url}/metrics`, { headers })).text();
  const values = text.split('\n').filter((line) => line.startsWith(name));
  return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

test.each([
  // As many are cut off as come, each in the words that fit.
  { kind: 'half-open', ends: { '408': 500, 'handshake-timeout': 500 } },
  { kind: 'slow-loris', ends: { '408': 300 } },
  { kind: 'garbage', ends: { malformed: 250 } },
  { kind: 'bombs', ends: { malformed: 150, 'too-large': 20 } },
  { kind: 'oversized', ends: { 'too-large': 20, '101': 200 } },
])('$kind: the server goes on answering others', async ({ kind, ends }) => {
  const pulse = await Pulse.start(server.url, credentials.member ?? '');
  const [flooded, beaten] = await Promise.allSettled([flood(kind).finally(() => pulse.stop()), pulse.beats]);
  if (flooded.status === 'rejected') throw flooded.reason;
  if (beaten.status === 'rejected') throw beaten.reason;
  const { value: result } = flooded;
  const { value: beats } = beaten;
  const memory = Math.round((await metric('process_resident_memory_bytes')) / 1024 ** 2);
  process.stdout.write(`${kind}: ${JSON.stringify({ ...result, ...beats, memoryMiB: memory })}\n`);
  expect(result.ends).toEqual(ends);
  for (const { median, worst } of [beats.pings, beats.requests]) {
    expect(median).toBeLessThan(MEDIAN_MS);
    expect(worst).toBeLessThan(WORST_MS);
  }
  expect(await metric('process_resident_memory_bytes')).toBeLessThan(MEMORY_BYTES);
});

test('what was cut off is gone, and was counted', async () => {
  await expect.poll(() => metric('octavo_connections ')).toBe(0);
  expect(await metric('octavo_limited_total{limit="handshake-time"}')).toBeGreaterThanOrEqual(500);
  expect(await metric('octavo_limited_total{limit="request-time"}')).toBeGreaterThanOrEqual(800);
  expect(await metric('octavo_limited_total{limit="frame"}')).toBeGreaterThanOrEqual(20);
  expect(await metric('octavo_limited_total{limit="hello-size"}')).toBeGreaterThanOrEqual(200);
});
