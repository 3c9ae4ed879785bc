import { StorageError } from '@octavo/crsqlite/vfs/file-system.ts';
import type { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import { IOERR } from '@octavo/crsqlite/result-codes.ts';
import { SeededRandom } from '../world/virtual-time.ts';

/** The disk after a power cut: what was synced, and of what was not, what chance left. */
export function afterPowerCut(disk: MemoryFileSystem, salt: number): MemoryFileSystem {
  const random = new SeededRandom(salt);
  return disk.snapshotDurable(() => random.fraction() < 0.5);
}

/**
 * Cuts the power in the middle of what a disk does, after so many operations, and hands over the disk as that leaves it.
 * Whatever the machine still tries fails. Returns the function that calls it off.
 */
export function cutPowerWithin(
  disk: MemoryFileSystem,
  operations: number,
  salt: number,
  cut: (left: MemoryFileSystem) => void,
): () => void {
  let count = 0;
  disk.beforeOperation = () => {
    count += 1;
    if (count <= operations) return;
    if (count === operations + 1) cut(afterPowerCut(disk, salt));
    throw new StorageError('The power is gone.', IOERR);
  };
  return () => {
    disk.beforeOperation = () => undefined;
  };
}
