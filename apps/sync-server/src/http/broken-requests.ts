import type { Socket } from 'node:net';
import type { Metrics } from '../metrics/metrics.ts';
import { answerRaw } from './raw-answer.ts';

/** Whoever does not take the answer is not waited for. */
const LINGER_MS = 1_000;

/** Answers what never became a request: it came too slowly, has too many headers, or is no HTTP. */
export function answerBroken(error: Error & { code?: string }, socket: Socket, metrics: Metrics): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      metrics.limited('request-time');
      answerRaw(socket, '408 Request Timeout', {
        error: 'request-timeout',
        message: 'The request did not arrive in time. Send it again.',
      });
      break;
    case 'HPE_HEADER_OVERFLOW':
      answerRaw(socket, '431 Request Header Fields Too Large', {
        error: 'headers-too-large',
        message: 'The headers of the request are too large.',
      });
      break;
    default:
      answerRaw(socket, '400 Bad Request', {
        error: 'malformed-request',
        message: 'This is not a request that can be read.',
      });
  }
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
