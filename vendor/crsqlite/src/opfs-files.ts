import { openAccessHandle } from './vfs/opfs-handles.ts';
import { journalOf } from './vfs/opfs-file-system.ts';

/** The bytes of a database in OPFS that is closed; undefined when there is none of that name. */
export async function readOpfsFile(
  directory: FileSystemDirectoryHandle,
  name: string,
): Promise<Uint8Array | undefined> {
  try {
    const file = await (await directory.getFileHandle(name)).getFile();
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Makes or replaces a database in OPFS that is closed, from the bytes of one. When it returns they are on the disk; until then a
 * crash leaves no sound file, so write to a name that nobody opens yet.
 */
export async function writeOpfsFile(
  directory: FileSystemDirectoryHandle,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  // The journal of an earlier file of that name would be rolled back into the new one.
  await deleteOpfsFile(directory, name);
  const handle = await openAccessHandle(directory, name);
  try {
    handle.write(bytes, { at: 0 });
    handle.flush();
  } finally {
    handle.close();
  }
}

/** Deletes a database in OPFS that is closed, with its journal, if it is there. */
export async function deleteOpfsFile(directory: FileSystemDirectoryHandle, name: string): Promise<void> {
  // The file first: a journal without its file is harmless, a file without its hot journal is damaged.
  for (const file of [name, journalOf(name)]) {
    try {
      await directory.removeEntry(file);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError';
}
