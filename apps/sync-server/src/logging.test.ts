import { expect, test } from 'vitest';
import { createLogger } from './logging.ts';

test('credentials do not get into the log, whatever is logged', () => {
  const lines: string[] = [];
  const logger = createLogger('debug', { write: (line) => lines.push(line) });
  const secret = 's3cret-of-somebody';
  logger.info(
    { token: secret, req: { url: '/shop.sqlite3/meta', headers: { authorization: secret } } },
    'asked',
  );
  logger.info({ hello: { token: secret, database: 'shop.sqlite3' }, note: { operatorKey: secret } }, 'began');
  expect(lines).toHaveLength(2);
  expect(lines.join('')).not.toContain(secret);
  expect(lines.join('')).toContain('/shop.sqlite3/meta');
});
