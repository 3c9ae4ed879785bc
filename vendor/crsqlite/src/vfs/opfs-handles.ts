/**
 * The synchronous part of OPFS, which type definitions offer only to code that is a worker as a whole.
 * https://developer.mozilla.org/en-US/docs/Web/API/FileSystemSyncAccessHandle
 */
export interface SyncAccessHandle {
  getSize(): number;
  read(into: Uint8Array, options: { at: number }): number;
  write(from: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

interface SyncAccessible {
  createSyncAccessHandle(): Promise<SyncAccessHandle>;
}

/** Opens a file for this worker alone, creating it when it is not there. */
export async function openAccessHandle(
  directory: FileSystemDirectoryHandle,
  name: string,
): Promise<SyncAccessHandle> {
  const file: FileSystemFileHandle = await directory.getFileHandle(name, { create: true });
  if (!isSyncAccessible(file)) throw new DOMException('not in a dedicated worker', 'NotSupportedError');
  return file.createSyncAccessHandle();
}

function isSyncAccessible(file: object): file is SyncAccessible {
  return 'createSyncAccessHandle' in file;
}
