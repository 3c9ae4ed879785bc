import { open, stat } from 'node:fs/promises';
import process from 'node:process';

/**
 * Returns when a file's content, or the names in a folder, would survive a power cut. Windows offers no way to do that for
 * folders, and needs none.
 */
export async function makeDurable(path: string): Promise<void> {
  const isFolder = (await stat(path)).isDirectory();
  if (isFolder && process.platform === 'win32') return;
  const handle = await open(path, isFolder ? 'r' : 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
