// One kind of flood, in a process of its own, so that it does not slow down whoever measures.
// Usage: node flood.ts <kind> <url> <token>. Prints what came of it as JSON.
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import process from 'node:process';
import { deflateRawSync } from 'node:zlib';
import { helloOf, RawClient } from './raw-client.ts';

const [kind = '', url = '', token = ''] = process.argv.slice(2);
const { hostname, port } = new URL(url);

/** Counts how things ended. */
class Ends {
  readonly #counts = new Map<string, number>();

  add(end: string): void {
    this.#counts.set(end, (this.#counts.get(end) ?? 0) + 1);
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}

const ends = new Ends();

/** A bare connection that says something and then what it is told to, until the server ends it. */
function bare(first: string, drip: (socket: Socket) => void = () => undefined): Promise<void> {
  const socket = connect({ host: hostname, port: Number(port) });
  let answer = '';
  const timer = setInterval(() => drip(socket), 250);
  socket.on('data', (data) => (answer += data.toString('latin1')));
  socket.on('connect', () => first !== '' && socket.write(first, 'latin1'));
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    socket.on('close', () => {
      clearInterval(timer);
      ends.add(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'closed');
      resolve();
    });
  });
}

async function socketThat(act: (client: RawClient) => void | Promise<void>): Promise<void> {
  const client = new RawClient(url);
  await client.opened();
  await act(client);
  ends.add(await client.ended);
}

async function asMember(client: RawClient, act: () => void): Promise<void> {
  client.say(helloOf({ token }));
  await client.next('welcome');
  act();
}

const times = <Result>(count: number, run: (index: number) => Result): Result[] =>
  Array.from({ length: count }, (_, index) => run(index));

const MiB = 1024 * 1024;

/** A frame that says how long it is when inflated, and is not. */
function bomb(claimed: number, real: number): Uint8Array {
  const packed = deflateRawSync(new Uint8Array(real), { level: 1 });
  const length = [];
  for (let left = claimed; ; left = Math.floor(left / 128)) {
    length.push(left < 128 ? left : (left % 128) | 128);
    if (left < 128) break;
  }
  return Uint8Array.of(10, ...length, ...packed);
}

const host = `Host: ${hostname}:${port}`;
const upgrade = `GET /sync HTTP/1.1\r\n${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
/** The beginning of a masked binary message of 4 MiB. */
const largeMessage = String.fromCharCode(0x82, 0xff, 0, 0, 0, 0, 0, 0x40, 0, 0, 1, 2, 3, 4);

const floods: Record<string, () => Promise<unknown>> = {
  'half-open': () =>
    Promise.all([...times(500, () => bare('')), ...times(500, () => socketThat(() => undefined))]),
  'slow-loris': () =>
    Promise.all([
      ...times(150, () =>
        bare(`GET /health HTTP/1.1\r\n${host}\r\n`, (socket) => socket.write('X-A: b\r\n')),
      ),
      ...times(150, () =>
        bare(
          `POST /shop.sqlite3/import HTTP/1.1\r\n${host}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
          (socket) => socket.write(' '),
        ),
      ),
    ]),
  garbage: async () => {
    for (let round = 0; round < 10; round += 1) {
      await Promise.all([
        ...times(20, (socket) => socketThat((client) => garbage(client, 40, round * 100 + socket))),
        ...times(5, (socket) =>
          socketThat((client) => asMember(client, () => garbage(client, 40, round * 100 + 50 + socket))),
        ),
      ]);
    }
  },
  bombs: () =>
    Promise.all([
      ...times(50, () => socketThat((client) => client.say(bomb(4 * MiB, 4 * MiB)))),
      ...times(50, () => socketThat((client) => asMember(client, () => client.say(bomb(4 * MiB, 4 * MiB))))),
      ...times(50, () => socketThat((client) => asMember(client, () => client.say(bomb(2_048, 16 * MiB))))),
      ...times(20, () =>
        socketThat((client) => asMember(client, () => client.say(bomb(512 * MiB, 4 * MiB)))),
      ),
    ]),
  oversized: () =>
    Promise.all([
      ...times(200, () =>
        bare(upgrade + largeMessage, (socket) => socket.write(Buffer.alloc(256 * 1024, 7))),
      ),
      ...times(20, () => socketThat((client) => asMember(client, () => client.say(new Uint8Array(5 * MiB))))),
    ]),
};

/** The same garbage in every run, so that a run that fails fails again. */
function garbage(client: RawClient, frames: number, seed: number): void {
  for (let count = 0; count < frames; count += 1) {
    const bytes = createHash('shake128', { outputLength: 2_002 }).update(`${seed}/${count}`).digest();
    client.say(bytes.subarray(2, 3 + (bytes.readUInt16BE(0) % 2_000)));
  }
}

const began = performance.now();
await floods[kind]?.();
process.stdout.write(JSON.stringify({ ends, seconds: (performance.now() - began) / 1000 }));
