import type { Duplex } from 'node:stream';

/** Ends a connection that no HTTP framework handles with an answer like all others. */
export function answerRaw(socket: Duplex, status: string, body: { error: string; message: string }): void {
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(text)}`,
      'Connection: close',
      '',
      text,
    ].join('\r\n'),
  );
}
