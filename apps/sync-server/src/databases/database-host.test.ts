import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { createDatabaseHost } from './database-host.ts';

const NAME = 'shop.sqlite3';
const MANY_BOOKS = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
  INSERT INTO book (isbn, title) SELECT 9790000000000 + i, 'A book' FROM n`;

test('what takes many turns ends with its database, and harms none that has taken its place', async () => {
  const folder = await temporaryFolder();
  const failures: unknown[] = [];
  const host = createDatabaseHost({
    owner: 'a test',
    perform: () => undefined,
    reportWrite: () => undefined,
    reportFailure: (_, error) => failures.push(error),
  });
  await host.open(NAME, join(folder, 'one.sqlite3'));
  host.exec(NAME, MANY_BOOKS, []);
  const part = host.copyPart(NAME, 0n, Infinity);
  const ended = expect(part).rejects.toMatchObject({ code: 'not-open' });
  host.close(NAME, 'restarting');
  await host.open(NAME, join(folder, 'two.sqlite3'));
  await ended;
  expect(failures).toEqual([]);
  expect(host.check(NAME, 'full').filter(({ ok }) => !ok)).toEqual([]);
  expect(await host.copyPart(NAME, 0n, Infinity)).toBeDefined();
  host.close(NAME, 'restarting');
});
