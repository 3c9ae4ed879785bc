/** A file of the browser's private folder of one database, as it lies there. */
export interface RawFile {
  name: string;
  /** Bytes. */
  size: number;
  /** Wall clock, ms. */
  changedAt: number;
  file: File;
}

/**
 * The files of a database as they are, read by the page itself: also when no worker can be started or none of them can be
 * opened. Empty where there are none, or none to be had.
 */
export async function rawFilesOf(database: string): Promise<RawFile[]> {
  const files: RawFile[] = [];
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await (await root.getDirectoryHandle('octavo')).getDirectoryHandle(database);
    for await (const handle of folder.values()) {
      if (!(handle instanceof FileSystemFileHandle)) continue;
      const file = await handle.getFile();
      files.push({ name: handle.name, size: file.size, changedAt: file.lastModified, file });
    }
  } catch (error) {
    // Whoever asks is told that there is nothing to save; why the storage cannot be opened is said elsewhere.
    if (!(error instanceof DOMException)) throw error;
  }
  return files.filter(({ size }) => size > 0).sort((one, other) => one.name.localeCompare(other.name));
}

/** What a file is for, in words; undefined for a database itself. */
export function rawFileWords(name: string): string | undefined {
  if (name === 'generations') return 'says which file is in use';
  if (name.endsWith('-journal'))
    return 'belongs to the file of that name: what was being written when it ended';
  return undefined;
}
