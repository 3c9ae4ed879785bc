import { openFile } from '@octavo/crsqlite/node.ts';
import type { Lineage } from '@octavo/protocol/identity.ts';
import { goOnFromCopy, takeBackToCopy } from '@octavo/sync/recovery/server-copy.ts';
import { systemRandom } from './system.ts';

/** Makes a copy of a backup the file that a server goes on with after a disaster. */
export async function prepareRestored(copy: string, owner: string): Promise<void> {
  const database = await openFile(copy, { owner });
  try {
    goOnFromCopy(database);
  } finally {
    database.close();
  }
}

/** Makes a copy of a backup the file that a server goes on with after a mistake: another lineage, which ends the given ones. */
export async function prepareRewound(
  copy: string,
  { owner, ...rewind }: { owner: string; ended: readonly Lineage[]; takenBackTo: number },
): Promise<void> {
  const database = await openFile(copy, { owner });
  try {
    takeBackToCopy(database, { random: systemRandom, ...rewind });
  } finally {
    database.close();
  }
}
