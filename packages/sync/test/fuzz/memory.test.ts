import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decodeUpstream } from '@octavo/protocol/frame.ts';
import { expect, test } from 'vitest';
import { SeededRandom } from '../world/virtual-time.ts';
import { FuzzWorld } from './fuzz-world.ts';
import { pick } from './chance.ts';
import { recordFrames } from './recorded-frames.ts';
import { Tamperer } from './tamperer.ts';

const WARM_UP = 1_000;
const FRAMES = 4_000;
/** Less than one frame, one session or one message kept for each that came. */
const BYTES_PER_FRAME = 100;

setFlagsFromString('--expose-gc');
// The flag takes effect in contexts made after it.
const collectGarbage = runInNewContext('gc') as () => void;

test('nothing is kept of frames that were refused, nor of the connections that brought them', async () => {
  const random = new SeededRandom(1);
  const { upstream } = await recordFrames(1);
  const noise = new Tamperer({ random, decode: decodeUpstream, mayLie: false, onTampered: () => undefined });
  const { server } = await FuzzWorld.create(1);
  let connection = 0;
  const send = (frames: number): void => {
    for (let sent = 0; sent < frames; sent += 1) {
      connection += 1;
      server.opened(connection);
      // Every other connection has shaken hands before.
      const [hello] = upstream;
      if (connection % 2 === 0 && hello !== undefined) server.frame(connection, hello);
      server.frame(connection, noise.forged(pick(random, upstream) ?? new Uint8Array()));
      server.closed(connection);
    }
    server.closes.length = 0;
    collectGarbage();
  };

  send(WARM_UP);
  const before = process.memoryUsage().heapUsed;
  send(FRAMES);
  const growth = process.memoryUsage().heapUsed - before;
  expect(server.connections).toBe(0);
  expect(growth / FRAMES).toBeLessThan(BYTES_PER_FRAME);
});
