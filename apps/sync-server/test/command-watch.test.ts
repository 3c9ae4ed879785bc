import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { pino } from 'pino';
import * as v from 'valibot';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startServer } from '../src/server.ts';
import { OrderDesk, stock, SUPPLIER } from './commands/order-desk.ts';
import { testConfig } from './running-server.ts';

vi.setConfig({ testTimeout: 30_000 });

const attribute = v.object({
  key: v.string(),
  value: v.union([v.object({ stringValue: v.string() }), v.object({ intValue: v.number() })]),
});
const span = v.object({
  name: v.string(),
  startTimeUnixNano: v.string(),
  endTimeUnixNano: v.string(),
  attributes: v.array(attribute),
  status: v.object({ code: v.number() }),
});
const traces = v.object({
  resourceSpans: v.array(
    v.object({
      resource: v.object({ attributes: v.array(attribute) }),
      scopeSpans: v.array(v.object({ spans: v.array(span) })),
    }),
  ),
});

/** What the attributes say, by their names. */
const read = (attributes: v.InferOutput<typeof attribute>[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** A collector of spans on this machine, which keeps what it is sent. */
async function collector() {
  const received: { path: string | undefined; body: unknown }[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      received.push({ path: request.url, body });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A server whose log can be read. */
async function watchedServer(changes: Parameters<typeof testConfig>[0] = {}) {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const logger = pino({ level: 'info', base: null }, { write });
  const config = await testConfig({ cloud: { kind: 'off' }, ...changes });
  const server = await startServer(config, { logger });
  onTestFinished(() => server.close());
  await stock(server, 1);
  const commandLines = () => lines.filter((line) => 'command' in line);
  return { server, desk: await OrderDesk.at(server), lines, commandLines };
}

const INFO = 30;
const WARN = 40;

test('every command is one line in the log and one in the counts, with nothing of what it says', async () => {
  const { server, desk, lines, commandLines } = await watchedServer();
  const command = desk.place();
  await desk.send(command, { 'octavo-attempt': '3' });
  await desk.send(desk.place({ baseVersion: 'old' }));
  await desk.send(desk.place({ lineage: '0'.repeat(32) }));
  await desk.send(desk.place({ after: { siteId: '1'.repeat(32), dbVersion: 9 } }));
  await desk.send(desk.place({ type: 'secret-of-the-shop', payload: { secret: 'of the shop' } }));
  await desk.send({ id: 'nothing', secret: 'of the shop' });
  await desk.send('x'.repeat(20), { 'content-type': 'text/plain' });
  expect(commandLines().map(({ level, command: line }) => ({ level, ...(line as object) }))).toMatchObject([
    { level: INFO, id: command.id, type: command.type, outcome: 'done', attempt: 3 },
    { level: INFO, type: command.type, outcome: 'conflict', error: 'conflict' },
    { level: WARN, type: command.type, outcome: 'other-lineage' },
    { level: INFO, type: command.type, outcome: 'not-yet' },
    { level: WARN, type: 'unknown', outcome: 'refused', error: 'unknown-name' },
    { level: WARN, type: 'unknown', outcome: 'refused', error: 'invalid-input' },
    { level: WARN, type: 'unknown', outcome: 'refused', error: 'unsupported-media-type' },
  ]);
  for (const word of [SUPPLIER, 'secret']) expect(JSON.stringify(lines)).not.toContain(word);
  const text = await (await fetch(`${server.url}/metrics`)).text();
  expect(text).toContain('octavo_commands_total{type="supplier-order.place",outcome="done"} 1');
  expect(text).toContain('octavo_commands_total{type="unknown",outcome="refused"} 3');
  expect(text).toContain('octavo_command_seconds_count{type="supplier-order.place"} 4');
});

test('where spans are collected, every command is one, with nothing of what it says', async () => {
  const { received, url } = await collector();
  const { server, desk, lines } = await watchedServer({ tracesEndpoint: `${url}/` });
  const command = desk.place();
  await desk.send(command, { 'octavo-attempt': '2' });
  await desk.send(desk.place({ payload: { supplierId: 'nobody we know' } }));
  // What is not sent yet goes out when the server stops.
  await server.close();

  expect(new Set(received.map(({ path }) => path))).toEqual(new Set(['/v1/traces']));
  const groups = received.flatMap(({ body }) => v.parse(traces, body).resourceSpans);
  expect(read(groups[0]?.resource.attributes ?? [])).toMatchObject({ 'service.name': 'octavo' });
  const spans = groups.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  const told = spans.map(({ name, attributes, status }) => ({
    name,
    ...read(attributes),
    status: status.code,
  }));
  expect(told).toMatchObject([
    {
      name: 'command supplier-order.place',
      'octavo.database': 'shop.sqlite3',
      'octavo.command.id': command.id,
      'octavo.command.type': 'supplier-order.place',
      'octavo.command.outcome': 'done',
      'octavo.command.attempts': 2,
      status: 0,
    },
    { 'octavo.command.outcome': 'refused', 'error.type': 'not-found', status: 2 },
  ]);
  for (const { startTimeUnixNano, endTimeUnixNano } of spans)
    expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
  expect(JSON.stringify(received)).not.toContain(SUPPLIER);
  expect(JSON.stringify(received)).not.toContain('nobody we know');
  expect(JSON.stringify(lines)).not.toContain('spans could not be sent');
});

test('a collector that is away costs nobody anything but a line in the log', async () => {
  const { server, desk, lines } = await watchedServer({ tracesEndpoint: 'http://127.0.0.1:9' });
  expect((await desk.send(desk.place())).status).toBe(200);
  await server.close();
  expect(JSON.stringify(lines)).toContain('spans could not be sent');
});
