import type { ClientEffect } from '@octavo/sync/client/events.ts';
import { SyncClient } from '@octavo/sync/client/sync-client.ts';
import type { Replica } from '@octavo/sync/replica.ts';
import type { ServerEffect } from '@octavo/sync/server/events.ts';
import { SyncServer } from '@octavo/sync/server/sync-server.ts';
import { WrongResult } from '../scenario.ts';
import { clock, random } from '../surroundings.ts';

/**
 * Has a client send a server everything that it has, without a network between them, and returns the frames that it
 * sent. @throws WrongResult when either side ends the connection.
 */
export function framesToServer(from: Replica, to: Replica): Uint8Array[] {
  const client = new SyncClient({ replica: from, clock, random, database: 'shop.sqlite3' });
  const server = new SyncServer({ replica: to, clock, random });
  const sent: Uint8Array[] = [];
  const onTheirWay: (() => void)[] = [];

  const performClient = (effects: readonly ClientEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === 'connect') {
        const { connection } = effect;
        onTheirWay.push(
          () => performServer(server.handle({ type: 'opened', connection, mayWrite: true })),
          () => performClient(client.handle({ type: 'opened', connection })),
        );
      } else if (effect.type === 'send') {
        const { connection, frame } = effect;
        sent.push(frame);
        onTheirWay.push(() => performServer(server.handle({ type: 'frame', connection, bytes: frame })));
      } else if (effect.type === 'close') {
        throw new WrongResult(`The client ended the connection: ${effect.reason}.`);
      }
    }
  };
  const performServer = (effects: readonly ServerEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === 'send') {
        const { connection, frame } = effect;
        onTheirWay.push(() => performClient(client.handle({ type: 'frame', connection, bytes: frame })));
      } else if (effect.type === 'close') {
        throw new WrongResult(`The server ended the connection: ${effect.message}`);
      }
    }
  };

  performClient(client.handle({ type: 'start' }));
  for (let next = onTheirWay.shift(); next !== undefined; next = onTheirWay.shift()) next();
  return sent;
}
