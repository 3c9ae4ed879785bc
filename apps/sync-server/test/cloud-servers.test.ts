import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished, expect, test, vi } from 'vitest';
import { NodeClient } from './node-client.ts';
import { octavoProcess, startProcess } from './processes.ts';
import { ask, exec, post } from './running-server.ts';
import { S3Server } from './s3/s3-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SHOP = 'shop.sqlite3';
const BOOKS = 'SELECT isbn, title FROM book ORDER BY isbn';

vi.setConfig({ testTimeout: 120_000 });

/** What a server is told of a store. */
type Place = (folder: string) => Promise<Record<string, string>>;

const inFolder: Place = (folder) => Promise.resolve({ OCTAVO_CLOUD: `file:${folder}` });

const inBucket: Place = async (folder) => {
  const store = await S3Server.start(folder);
  onTestFinished(() => store.kill());
  return store.environment;
};

async function check(server: { url: string }): Promise<string> {
  const address = `${server.url}/api/`;
  expect((await post(`${address}check-and-sync?db=${SHOP}`, undefined)).status).toBe(200);
  return vi.waitUntil(
    async () => {
      const { body } = await ask(`${address}sync-status?db=${SHOP}`);
      const { is_syncing, status } = body as { is_syncing: boolean; status: string };
      return is_syncing ? false : status;
    },
    { timeout: 30_000, interval: 50 },
  );
}

test.each<[string, Place]>([
  ['a folder', inFolder],
  ['a bucket', inBucket],
])('two server processes that share %s come to the same', async (_, place) => {
  const environment = await place(join(await temporaryFolder(), 'cloud'));
  const one = await startProcess({ ...environment, DATA_DIR: await temporaryFolder() });
  await exec(one, 'INSERT INTO book (isbn, title) VALUES (?, ?)', ['9790000000001', 'First']);
  const two = await startProcess({ ...environment, DATA_DIR: await temporaryFolder() });
  const tills = [await NodeClient.connect(one), await NodeClient.connect(two)];
  const servers = [one, two];
  for (let round = 0; round < 3; round += 1) {
    for (const [index, till] of tills.entries()) {
      till.write(
        'INSERT INTO book (isbn, title) VALUES (?, ?)',
        String(9790000000100 + round * 2 + index),
        'A',
      );
      till.write("UPDATE book SET title = ? WHERE isbn = '9790000000001'", `By ${index} in ${round}`);
      await till.until('copied', () => till.cloud?.complete === true);
    }
    for (const server of servers) await check(server);
  }
  for (const server of servers) await check(server);
  await Promise.all(tills.map((till) => till.until('all books', () => till.rows(BOOKS).length === 7)));
  await Promise.all(tills.map((till) => till.synced()));
  expect((await exec(one, BOOKS)).body).toEqual((await exec(two, BOOKS)).body);
  expect(tills[0]?.rows(BOOKS)).toEqual(tills[1]?.rows(BOOKS));
  for (const server of [...servers, ...servers]) await check(server);
  expect(await Promise.all(servers.map(check))).toEqual(['up_to_date', 'up_to_date']);

  // The command line finds the store as the servers do.
  const args = ['--data-dir', await temporaryFolder(), 'db', 'verify', SHOP, '--cloud'];
  const { code, stderr } = await octavoProcess(args, { env: { ...process.env, ...environment } });
  expect({ code, stderr }).toMatchObject({ code: 0 });

  // A third one that knows nothing starts with all of it.
  const three = await startProcess({ ...environment, DATA_DIR: await temporaryFolder() });
  expect((await exec(three, BOOKS)).body).toEqual((await exec(one, BOOKS)).body);
});
