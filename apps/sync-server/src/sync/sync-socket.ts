import { closeCodes } from '@octavo/protocol/close-codes.ts';
import { WebSocket } from 'ws';

/** A control frame has room for this much of a reason (RFC 6455, 5.5.1). */
const MAX_REASON_BYTES = 123;
/** "Message too big": what the library closes with when a frame exceeds its limit. */
const TRANSPORT_TOO_LARGE = 1009;

/** A WebSocket that closes as the protocol's close codes say, also where the library decides by itself. */
export class SyncSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    if (code === TRANSPORT_TOO_LARGE) {
      super.close(closeCodes['too-large'], 'A frame is over the limit.');
    } else {
      super.close(code, typeof reason === 'string' ? shortened(reason) : reason);
    }
  }
}

/** As much of a text as fits, ending in whole characters. */
export function shortened(text: string): string {
  if (Buffer.byteLength(text) <= MAX_REASON_BYTES) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(MAX_REASON_BYTES - 3));
  return `${text.slice(0, read)}…`;
}
