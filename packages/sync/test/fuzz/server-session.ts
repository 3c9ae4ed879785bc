import { decodeUpstream } from '@octavo/protocol/frame.ts';
import { HANDSHAKE_TIMEOUT_MS } from '@octavo/protocol/limits.ts';
import type { ClientMachine } from '../world/machines.ts';
import { SeededRandom } from '../world/virtual-time.ts';
import { Violation } from '../simulator/violation.ts';
import { Attacker } from './attacker.ts';
import { FuzzWorld } from './fuzz-world.ts';
import { deliver, work } from './shop-work.ts';
import { type Tampered, Tamperer } from './tamperer.ts';

const ROUNDS = 50;
const ROUND_MS = 100;
const DELIVERY_ROUND = 25;
/** How many of a client's frames somebody on its line interferes with. */
const SHARE = 0.15;
const RECOVERY_MS = 120_000;

/**
 * A server with an honest client, a client on whose line somebody sits, and somebody who has overheard the honest
 * one's frames and sends them damaged. Afterwards the honest client and the server must agree about everything, and
 * whatever was planted can be overwritten. @throws Violation
 */
export async function fuzzServer(seed: number, onTampered: (tampered: Tampered) => void): Promise<void> {
  const random = new SeededRandom(seed);
  const world = await FuzzWorld.create(seed);
  const { server, network } = world;
  const attackers = [1, 2].map(() => new Attacker({ network, random, onTampered }));

  const honest = await world.client();
  network.tap(honest, {
    toServer: (_, frame) => {
      for (const attacker of attackers) attacker.overhear(frame, honest.replica.siteId);
      return [frame];
    },
    toClient: (_, frame) => [frame],
  });
  const victim = await world.client();
  const tamperer = new Tamperer({ random, decode: decodeUpstream, mayLie: true, onTampered });
  network.tap(victim, {
    toServer: (connection, frame) => tamperer.pass(connection, frame, SHARE),
    toClient: (_, frame) => [frame],
  });
  for (const client of [honest, victim]) client.handle({ type: 'start' });

  for (let round = 0; round < ROUNDS; round += 1) {
    for (const attacker of attackers) attacker.act();
    for (const writer of [honest, victim, server]) {
      if (!isWriting(writer) || random.fraction() > 0.3) continue;
      writer.write((database) => work(database, random));
    }
    if (round === DELIVERY_ROUND && isWriting(victim))
      victim.write((database) => deliver(database, 'delivery'));
    await world.pass(ROUND_MS);
  }

  for (const attacker of attackers) attacker.leave();
  victim.handle({ type: 'stop' });
  await world.pass(ROUND_MS);
  honest.write((database) => {
    database.exec(`UPDATE book SET title = 'mine'`);
    database.exec('UPDATE note_line SET quantity = 7');
  });
  await world.until(
    () => honest.status === 'synced',
    RECOVERY_MS,
    () => `The honest client is ${JSON.stringify(honest.state)}`,
  );
  world.compare(honest);
  const left = server.all(
    `SELECT (SELECT count(*) FROM book WHERE title IS NOT 'mine') + (SELECT count(*) FROM note_line WHERE quantity <> 7) AS n`,
  )[0]?.['n'];
  if (left !== 0) throw new Violation(`${String(left)} rows cannot be changed any more.`);
  // What never said hello has that long to do so.
  await world.until(
    () => server.connections === 1,
    2 * HANDSHAKE_TIMEOUT_MS,
    () => `The server keeps ${server.connections} connections, of which 1 is open`,
  );
}

/** A client that waits for its file to be opened again writes nothing meanwhile. */
function isWriting(machine: object): boolean {
  return !('retired' in machine && (machine as ClientMachine).retired);
}
