import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { TestBrowser } from './browser.fixture.ts';
import { CONTRACT_SUITE } from './contract/contract-suite.ts';
import type { TestResult } from './opfs-worker.fixture.ts';

const START_MS = 60_000;
const CONTRACT_MS = 120_000;
const FILE = 'shop.sqlite3';

let browser: TestBrowser;

beforeAll(async () => {
  browser = await TestBrowser.start();
}, START_MS);

afterAll(async () => {
  await browser.stop();
}, START_MS);

describe('a database in OPFS', () => {
  let results: readonly TestResult[] = [];

  beforeAll(async () => {
    const worker = await browser.startWorker();
    results = await worker.order('runContract');
    await worker.kill();
  }, CONTRACT_MS);

  test.for(CONTRACT_SUITE.map(({ name }) => name))('%s', (name) => {
    const result = results.find((candidate) => candidate.name === name);
    expect(result).toBeDefined();
    expect(result?.error).toBeNull();
  });

  test('is held by one worker: another is told that it is busy until the first has closed it', async () => {
    const [first, second] = [await browser.startWorker(), await browser.startWorker()];
    await first.order('open', FILE);
    expect(await second.try('open', FILE)).toMatchObject({ failure: 'busy' });
    await first.order('close');
    await second.order('open', FILE);
    await second.order('close');
  });

  test('when its worker is killed inside a transaction, the committed is there and the half is not', async () => {
    const [first, second] = [await browser.startWorker(), await browser.startWorker()];
    await first.order('open', FILE);
    await first.order(
      'exec',
      "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, v TEXT); SELECT crsql_as_crr('t')",
    );
    await first.order('exec', "INSERT INTO t VALUES (1, 'committed'); PRAGMA cache_size = 10; BEGIN");
    // More than the cache holds, so that some of it is in the file already.
    await first.order(
      'exec',
      "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i, hex(zeroblob(200)) FROM n; UPDATE t SET v = 'half'",
    );
    await first.kill();
    await expect.poll(() => second.try('open', FILE)).toEqual({ value: undefined });
    expect(await second.order('all', 'SELECT id, v FROM t')).toEqual([{ id: 1, v: 'committed' }]);
    expect(await second.order('all', 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    await second.order('close');
  });

  test('a full quota is "full", costs the transaction and nothing else, and writing goes on once there is room', async () => {
    const worker = await browser.startWorker();
    await worker.order('open', 'full.sqlite3');
    await worker.order(
      'exec',
      "CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB); INSERT INTO t VALUES (1, 'kept')",
    );
    const lift = await browser.limitStorage(4 * 1024 * 1024);
    expect(await worker.try('exec', 'INSERT INTO t VALUES (2, randomblob(20000000))')).toMatchObject({
      failure: 'full',
    });
    await lift();
    expect(await worker.order('all', 'SELECT id FROM t')).toEqual([{ id: 1 }]);
    await worker.order('exec', 'INSERT INTO t VALUES (2, randomblob(1000000))');
    expect(await worker.order('all', 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    await worker.order('close');
  });

  test('the bytes of a closed database make another one, and deleting leaves nothing', async () => {
    const worker = await browser.startWorker();
    await worker.order('open', 'original.sqlite3');
    await worker.order('exec', "CREATE TABLE t (v); INSERT INTO t VALUES ('a')");
    await worker.order('close');
    const bytes = await worker.order('read', 'original.sqlite3');
    await worker.order('write', 'copied.sqlite3', bytes ?? new Uint8Array(0));
    await worker.order('open', 'copied.sqlite3');
    expect(await worker.order('all', 'SELECT v FROM t')).toEqual([{ v: 'a' }]);
    await worker.order('close');
    await worker.order('remove', 'copied.sqlite3');
    expect(await worker.order('read', 'copied.sqlite3')).toBeUndefined();
  });
});
