import type { Duplex } from 'node:stream';
import { MAX_HELLO_BYTES } from '@octavo/protocol/limits.ts';

/** What WebSocket frames add at most, and pings before the first message. */
const FRAMING_BYTES = 4 * 1024;

/**
 * Watches how much a stranger sends: a WebSocket message is kept in memory until its end has come, and a thousand
 * strangers with a message of four megabytes each would fill it.
 *
 * @returns What ends the watching.
 */
export function guardHello(socket: Duplex, tooMuch: () => void): () => void {
  let left = MAX_HELLO_BYTES + FRAMING_BYTES;
  const count = (piece: Buffer) => {
    left -= piece.length;
    if (left < 0) tooMuch();
  };
  socket.on('data', count);
  return () => void socket.off('data', count);
}
