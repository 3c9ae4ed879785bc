import { type DestinationStream, type Logger, pino } from 'pino';

/** What must not be in a log whoever logs it, where objects of requests, tokens or settings are logged by mistake. */
const secrets = ['authorization', 'token', 'secret', 'operatorKey'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/** The server's log: JSON, one line each. */
export function createLogger(level: string, destination: DestinationStream): Logger {
  return pino({ level, base: null, redact: { paths: secrets, censor: '[secret]' } }, destination);
}
