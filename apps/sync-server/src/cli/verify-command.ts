import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { removeDatabase } from '../cloud/rebuild-shop.ts';
import type { ObjectStore } from '../cloud/store/object-store.ts';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { newestCopies, rebuildAt } from './cloud-source.ts';
import { bytesInWords, type Output } from './output.ts';

/**
 * Proves that a database could be restored from its copy: does it, into a file that is read to its end and removed. The database
 * and the store stay as they are. @throws CommandFailure where it could not
 */
export async function runVerify(
  folder: DataFolder,
  name: string,
  { store, output }: { store: ObjectStore; output: Output },
): Promise<void> {
  const chosen = await newestCopies(store, name);
  const objects = chosen.copies.flatMap(({ snapshot, changes }) => [snapshot, ...changes]);
  const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  output.note(`Fetching ${objects.length} objects, ${bytesInWords(bytes)}, from ${store.place}.`);
  const target = folder.temporaryPath(name);
  await mkdir(dirname(target), { recursive: true });
  try {
    const { dbVersion, lineage } = await rebuildAt(chosen, target);
    output.result(`${chosen.words}\tof ${chosen.at.toISOString()}\tversion ${dbVersion}\tlineage ${lineage}`);
    output.result(`${name} can be restored from its copy.`);
  } finally {
    await removeDatabase(target);
  }
}
