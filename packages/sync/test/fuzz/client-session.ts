import { decodeDownstream } from '@octavo/protocol/frame.ts';
import { Violation } from '../simulator/violation.ts';
import type { ClientMachine } from '../world/machines.ts';
import { SeededRandom } from '../world/virtual-time.ts';
import { FuzzWorld } from './fuzz-world.ts';
import { deliver, work } from './shop-work.ts';
import { type Tampered, Tamperer } from './tamperer.ts';

const ROUNDS = 50;
const ROUND_MS = 100;
const DELIVERY_ROUND = 15;
const SHARE = 0.15;
const RECOVERY_MS = 120_000;
/** What a client that was lied to is given to fall over afterwards. */
const AFTERLIFE_MS = 15_000;
/** Retries are backed off: this many attempts in a second, on the average of a run, would be a storm. */
const MOST_CONNECTS_PER_SECOND = 6;

/** A row that somebody wrote and nobody touches again. */
interface Mark {
  id: string;
  at: number;
  by: 'server' | 'client';
}

/**
 * A client whose server's frames are tampered with. It must never throw, and must go on trying. Where it was sent
 * nothing but noise (frames that are none, come twice, out of order or not at all) every green must have been true,
 * and it must be level as soon as the noise ends. A well-formed lie of a server cannot be told from the truth, so that
 * a client that was lied to only has to live. @throws Violation
 */
export async function fuzzClient(seed: number, onTampered: (tampered: Tampered) => void): Promise<void> {
  const random = new SeededRandom(seed);
  const mayLie = seed % 2 === 0;
  const world = await FuzzWorld.create(seed);
  const { server, network, time } = world;
  const marks: Mark[] = [];
  const client = await world.client();
  client.onShown = () => {
    if (!mayLie) examineGreen(client, world, marks);
  };

  const tamperer = new Tamperer({ random, decode: decodeDownstream, mayLie, onTampered });
  let share = SHARE;
  network.tap(client, {
    toServer: (_, frame) => [frame],
    toClient: (connection, frame) => tamperer.pass(connection, frame, share),
  });
  client.handle({ type: 'start' });

  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [by, machine] of [
      ['client', client],
      ['server', server],
    ] as const) {
      if ('retired' in machine && machine.retired) continue;
      if (random.fraction() < 0.3) machine.write((database) => work(database, random));
      const id = `${by}-${round}`;
      machine.write((database) => database.prepare('INSERT INTO note (id) VALUES (?)').run(id));
      marks.push({ id, at: time.now, by });
    }
    if (round === DELIVERY_ROUND) server.write((database) => deliver(database, 'delivery'));
    await world.pass(ROUND_MS);
  }
  const seconds = (ROUNDS * ROUND_MS) / 1_000;
  if (network.connects > seconds * MOST_CONNECTS_PER_SECOND)
    throw new Violation(`The client connected ${network.connects} times in ${seconds} s.`);

  share = 0;
  if (mayLie) {
    await world.pass(AFTERLIFE_MS);
    return;
  }
  await world.until(
    () => client.status === 'synced',
    RECOVERY_MS,
    () => `The client is ${JSON.stringify(client.state)}`,
  );
  world.compare(client);
}

/** [LT-1] What the other side had when the proof was asked for is here, and what was here then is there. */
function examineGreen(client: ClientMachine, { server, time }: FuzzWorld, marks: readonly Mark[]): void {
  const { state } = client;
  if (state.status !== 'synced') return;
  const asked = time.now - (client.clock.wall() - state.asOf);
  const due = marks.filter(({ at }) => at < asked);
  for (const [machine, name] of [
    [client, 'the client'],
    [server, 'the server'],
  ] as const) {
    const there = new Set(machine.all('SELECT id FROM note').map((row) => row['id']));
    const missing = due.find(({ id }) => !there.has(id));
    if (missing !== undefined)
      throw new Violation(`Green, but ${missing.id} of ${time.now - missing.at} ms ago is not at ${name}.`);
  }
}
