import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Metrics } from '../metrics/metrics.ts';
import type { Counter } from './counter.ts';

/** Ends connections beyond the limit of their address as they come, whatever they are for; those of proxies are many. */
export function limitConnections(
  server: Server,
  {
    addresses,
    isProxy,
    metrics,
  }: { addresses: Counter; isProxy: (address: string) => boolean; metrics: Metrics },
): void {
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || isProxy(remoteAddress)) return;
    const release = addresses.take(remoteAddress);
    if (release === undefined) {
      metrics.limited('connections-per-address');
      socket.destroy();
    } else {
      socket.once('close', release);
    }
  });
}
