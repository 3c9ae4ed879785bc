import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bucketStore } from '@octavo/e2e/cloud-stores.ts';
import { ServerProcess, SHOP } from '@octavo/e2e/server-process.ts';
import { makeTemporaryFolder, removeFolder } from '@octavo/e2e/temporary-folder.ts';
import { milliseconds } from '../measure.ts';
import { check, type Measures, type Scenario } from '../scenario.ts';
import { median } from '../statistics.ts';

const BOOKS = 50_000;
const WRITES = 1_000;

/** What the promise is compared with: the file uploaded anew with each write. */
const MOST_PART_OF_THAT = 3;

/** One book after the other is written to a shop of 30 MB: what that costs in bytes uploaded, and in time for the one who writes. */
export const copiedWrites: Scenario = { name: 'copied-writes', browser: false, run };

async function run(): Promise<Measures> {
  const without = await timed({ cloud: 'off' });
  const withFolder = await timed({});
  const withBucket = await timedInBucket();
  const { uploaded, fileBytes } = withFolder;
  const anew = uploaded.snapshotBytes * WRITES;
  return {
    [`${WRITES} single writes to a shop: its file`]: { value: fileBytes / 1024 / 1024, unit: 'MB' },
    '… uploaded in total': { value: uploaded.bytes / 1024 / 1024, unit: 'MB' },
    '… of what uploading the compressed file each time would be': {
      value: (uploaded.bytes / anew) * 100,
      unit: '%',
      atMost: MOST_PART_OF_THAT,
    },
    '… median of a write without copies': milliseconds(without.median),
    '… added by a copy in a folder, in the median': milliseconds(withFolder.median - without.median),
    '… added by a copy in S3 on this machine, in the median': milliseconds(
      withBucket.median - without.median,
    ),
  };
}

async function timedInBucket(): ReturnType<typeof timed> {
  const folder = await makeTemporaryFolder('bucket');
  try {
    await using store = await bucketStore(folder);
    return await timed({ environment: store.environment });
  } finally {
    await removeFolder(folder);
  }
}

async function timed(options: { cloud?: string; environment?: Record<string, string> }) {
  await using server = await ServerProcess.start(options);
  await server.exec(
    `INSERT INTO book (isbn, title, authors, publisher, price)
     WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${BOOKS})
     SELECT printf('979%010d', n), 'A title that is as long as titles are ' || n, 'Author ' || (n % 9000),
            'Publisher ' || (n % 500), n % 5000
     FROM numbers`,
  );
  const copied = options.cloud !== 'off';
  if (copied) {
    const retried = await server.request(`/api/retry-sync?db=${SHOP}`, { method: 'POST' });
    check('the first copy', retried, { ok: true, version: 1 });
  }
  const before = await uploadsOf(server);
  const times: number[] = [];
  for (let number = 0; number < WRITES; number += 1) {
    const began = performance.now();
    await server.exec('INSERT INTO book (isbn, title) VALUES (?, ?)', [
      `978${String(number).padStart(10, '0')}`,
      'One',
    ]);
    times.push(performance.now() - began);
  }
  const after = await uploadsOf(server);
  const { size: fileBytes } = await stat(join(server.dataDir, SHOP));
  if (copied) check('uploads', after.objects - before.objects, WRITES);
  const uploaded = { bytes: after.bytes - before.bytes, snapshotBytes: before.bytes };
  return { median: median(times), fileBytes, uploaded };
}

/** What the server has uploaded since it started. */
async function uploadsOf(server: ServerProcess): Promise<Uploads> {
  // Its answer is that of the route of this name.
  const { uploads } = (await server.request(`/${SHOP}/cloud`)) as { uploads: Uploads };
  return uploads;
}

interface Uploads {
  objects: number;
  bytes: number;
}
