import type { Database } from '@octavo/crsqlite/database.ts';
import { openMemory } from '@octavo/crsqlite/memory.ts';
import { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import { schema } from '@octavo/shop/schema.ts';
import { adoptSnapshot } from '../../src/snapshot/adopt-snapshot.ts';
import { makeSnapshot } from '../../src/snapshot/make-snapshot.ts';
import type { SnapshotAccount } from '../../src/snapshot/snapshot-account.ts';
import type { World } from './world.ts';

/** The name of the database on every disk of a world. */
const DATABASE = 'shop.sqlite3';

/** Makes a snapshot of a server's disk, as it is now, as the bytes of a file. */
export async function takeSnapshot({
  disk,
}: {
  disk: MemoryFileSystem;
}): Promise<{ bytes: Uint8Array; account: SnapshotAccount }> {
  const copies = disk.clone();
  const copy = await openMemory({ fileSystem: copies, name: DATABASE });
  const account = makeSnapshot(copy, 'snapshot', schema);
  copy.close();
  const bytes = copies.read('snapshot');
  if (bytes === undefined) throw new Error('The snapshot was not written.');
  return { bytes, account };
}

/** A disk with a file of these bytes, as it was downloaded. */
export function downloaded(bytes: Uint8Array): MemoryFileSystem {
  const disk = new MemoryFileSystem();
  disk.write(DATABASE, bytes);
  return disk;
}

/** Opens the database of a disk, as whoever prepares it for a replica does. */
export async function inspect<T>(disk: MemoryFileSystem, look: (database: Database) => T): Promise<T> {
  const database = await openMemory({ fileSystem: disk, name: DATABASE });
  try {
    return look(database);
  } finally {
    database.close();
  }
}

/** A disk with a snapshot that has been adopted, ready for a client. */
export async function adopted({ ground: { random } }: World, bytes: Uint8Array): Promise<MemoryFileSystem> {
  const disk = downloaded(bytes);
  await inspect(disk, (database) => adoptSnapshot(database, { schema, random }));
  return disk;
}
