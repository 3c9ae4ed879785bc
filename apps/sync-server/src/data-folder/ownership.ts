import { chown, stat } from 'node:fs/promises';
import process from 'node:process';

/**
 * Gives files that root has made to the user who owns a folder: the server, which runs as that user, is to read them and
 * to remove them one day. Does nothing for anybody else.
 */
export async function giveToOwnerOf(folder: string, paths: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(folder);
  for (const path of paths) await chown(path, uid, gid);
}
