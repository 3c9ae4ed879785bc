import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A WebSocket's bytes, as they are. */
export function passOn({ url, rawHeaders }: IncomingMessage, socket: Duplex, port: number): void {
  const server = connect(port, '127.0.0.1');
  server.write(`GET ${url ?? '/'} HTTP/1.1\r\n`);
  for (let at = 0; at < rawHeaders.length; at += 2)
    server.write(`${rawHeaders[at] ?? ''}: ${rawHeaders[at + 1] ?? ''}\r\n`);
  server.write('\r\n');
  server.pipe(socket).pipe(server);
  server.on('error', () => socket.destroy());
  socket.on('error', () => server.destroy());
  socket.on('close', () => server.destroy());
}

/** Headers without those of these names. */
export function without(headers: IncomingHttpHeaders, names: readonly string[]): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
