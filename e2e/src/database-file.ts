import { copyFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '@octavo/crsqlite/database.ts';
import { openFile } from '@octavo/crsqlite/node.ts';
import { SHOP } from './server-process.ts';
import { makeTemporaryFolder, removeFolder } from './temporary-folder.ts';

/**
 * Opens a copy of a database that a killed process left behind, with its journal: what is on disk, before anybody
 * mends it. The original stays as it was.
 */
export async function withCopyOfShop<Result>(
  dataDir: string,
  look: (database: Database) => Result,
): Promise<Result> {
  const folder = await makeTemporaryFolder('copy');
  try {
    for (const file of [SHOP, `${SHOP}-journal`]) {
      if (existsSync(join(dataDir, file))) await copyFile(join(dataDir, file), join(folder, file));
    }
    const database = await openFile(join(folder, SHOP), { owner: 'a test that looks at a copy' });
    try {
      return look(database);
    } finally {
      database.close();
    }
  } finally {
    await removeFolder(folder);
  }
}
