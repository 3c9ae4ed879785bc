import type { Database } from '@octavo/crsqlite/database.ts';
import { openMemory } from '@octavo/crsqlite/memory.ts';
import type { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import { goOnFromCopy, takeBackToCopy } from '../../src/recovery/server-copy.ts';
import { DATABASE } from './machines.ts';
import type { SeededRandom } from './virtual-time.ts';

/** A backup of a server's disk as `octavo db restore` puts it in place. */
export async function restoredDisk(backup: MemoryFileSystem): Promise<MemoryFileSystem> {
  return changed(backup, goOnFromCopy);
}

/** A backup of a server's disk as `octavo db rewind` puts it in place. */
export async function rewoundDisk(
  backup: MemoryFileSystem,
  options: { random: SeededRandom; takenBackTo: number; ended?: readonly Uint8Array[] },
): Promise<MemoryFileSystem> {
  return changed(backup, (database) => {
    takeBackToCopy(database, { ended: [], ...options });
  });
}

async function changed(
  backup: MemoryFileSystem,
  change: (database: Database) => void,
): Promise<MemoryFileSystem> {
  const disk = backup.clone();
  const database = await openMemory({ fileSystem: disk, name: DATABASE });
  change(database);
  database.close();
  return disk;
}
