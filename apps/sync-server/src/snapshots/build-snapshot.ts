import { rm, stat } from 'node:fs/promises';
import { openFile } from '@octavo/crsqlite/node.ts';
import { schema } from '@octavo/shop/schema.ts';
import { makeSnapshot } from '@octavo/sync/snapshot/make-snapshot.ts';
import type { SnapshotAccount } from '@octavo/sync/snapshot/snapshot-account.ts';
import { ClockTables } from '@octavo/sync/storage/clock-tables.ts';
import { compressFile } from '../data-folder/compress-file.ts';
import { systemClock } from '../databases/system.ts';
import type { SnapshotFacts } from './snapshot-facts.ts';

export interface BuildOrder {
  /** A copy of the database's file, which is used up. */
  copy: string;
  /** Where to write the compressed snapshot. */
  target: string;
}

/** Makes a compressed snapshot out of a copy of a database's file. When it returns, the file is on the disk. */
export async function buildSnapshot({ copy, target }: BuildOrder): Promise<SnapshotFacts> {
  const plain = `${target}.plain`;
  try {
    const made = await strip(copy, plain);
    await rm(copy, { force: true });
    const { size: databaseBytes } = await stat(plain);
    const sha256 = await compressFile(plain, target);
    const { size: bytes } = await stat(target);
    return { ...made, bytes, databaseBytes, sha256, builtAt: systemClock.wall() };
  } finally {
    await rm(plain, { force: true });
    await rm(copy, { force: true });
  }
}

async function strip(copy: string, plain: string): Promise<SnapshotAccount & { cells: number }> {
  const database = await openFile(copy, { owner: 'the making of a snapshot' });
  try {
    const cells = new ClockTables(database).count(0n, () => 'TRUE', Number.MAX_SAFE_INTEGER);
    return { ...makeSnapshot(database, plain, schema), cells };
  } finally {
    database.close();
  }
}
