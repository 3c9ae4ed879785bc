import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ServerProcess, SHOP } from '@octavo/e2e/server-process.ts';
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
  const [without, withCopy] = [await timed('off'), await timed('file')];
  const { snapshotBytes, uploadedBytes, fileBytes } = withCopy;
  const anew = snapshotBytes * WRITES;
  const added = withCopy.median - without.median;
  return {
    [`${WRITES} single writes to a shop: its file`]: { value: fileBytes / 1024 / 1024, unit: 'MB' },
    '… uploaded in total': { value: uploadedBytes / 1024 / 1024, unit: 'MB' },
    '… of what uploading the compressed file each time would be': {
      value: (uploadedBytes / anew) * 100,
      unit: '%',
      atMost: MOST_PART_OF_THAT,
    },
    '… median of a write without copies': milliseconds(without.median),
    '… added by the copy, in the median': milliseconds(added),
  };
}

async function timed(cloud: 'off' | 'file') {
  await using server = await ServerProcess.start({ cloud });
  await server.exec(
    `INSERT INTO book (isbn, title, authors, publisher, price)
     WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${BOOKS})
     SELECT printf('979%010d', n), 'A title that is as long as titles are ' || n, 'Author ' || (n % 9000),
            'Publisher ' || (n % 500), n % 5000
     FROM numbers`,
  );
  if (cloud === 'file') {
    const retried = await server.request(`/api/retry-sync?db=${SHOP}`, { method: 'POST' });
    check('the first copy', retried, { ok: true, version: 1 });
  }
  const before = await storedIn(server.dataDir);
  const times: number[] = [];
  for (let number = 0; number < WRITES; number += 1) {
    const began = performance.now();
    await server.exec('INSERT INTO book (isbn, title) VALUES (?, ?)', [
      `978${String(number).padStart(10, '0')}`,
      'One',
    ]);
    times.push(performance.now() - began);
  }
  const after = await storedIn(server.dataDir);
  const { size: fileBytes } = await stat(join(server.dataDir, SHOP));
  if (cloud === 'file') check('uploads', after.objects - before.objects, WRITES);
  return {
    median: median(times),
    fileBytes,
    snapshotBytes: before.bytes,
    uploadedBytes: after.bytes - before.bytes,
  };
}

/** Copies as they lie in the store of a data folder. */
async function storedIn(dataDir: string): Promise<{ objects: number; bytes: number }> {
  const folder = join(dataDir, 'cloud');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const objects = entries.filter(
    (entry) => entry.isFile() && /^[^.].*\.(snapshot|changes)$/.test(entry.name),
  );
  const sizes = await Promise.all(objects.map(({ parentPath, name }) => stat(join(parentPath, name))));
  return { objects: objects.length, bytes: sizes.reduce((sum, { size }) => sum + size, 0) };
}
