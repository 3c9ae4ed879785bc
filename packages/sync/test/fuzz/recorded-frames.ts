import { SeededRandom } from '../world/virtual-time.ts';
import { FuzzWorld } from './fuzz-world.ts';
import { deliver, work } from './shop-work.ts';

export interface RecordedFrames {
  upstream: Uint8Array[];
  downstream: Uint8Array[];
}

/** Every frame of a session between a client and a server that both work, and of the one after it. */
export async function recordFrames(seed: number): Promise<RecordedFrames> {
  const random = new SeededRandom(seed);
  const world = await FuzzWorld.create(seed);
  const recorded: RecordedFrames = { upstream: [], downstream: [] };
  const client = await world.client();
  world.network.tap(client, {
    toServer: (_, frame) => {
      recorded.upstream.push(frame);
      return [frame];
    },
    toClient: (_, frame) => {
      recorded.downstream.push(frame);
      return [frame];
    },
  });
  for (let session = 0; session < 2; session += 1) {
    client.handle({ type: 'start' });
    for (let round = 0; round < 10; round += 1) {
      for (const writer of [client, world.server]) writer.write((database) => work(database, random));
      await world.pass(300);
    }
    if (session === 0) client.write((database) => deliver(database, 'delivery'));
    await world.pass(2_000);
    client.handle({ type: 'stop' });
  }
  return recorded;
}
