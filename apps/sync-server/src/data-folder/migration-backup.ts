import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { constants, copyFile, stat } from 'node:fs/promises';
import { backupPath, keepBackup, listBackups, pruneAutomaticBackups } from './backups.ts';

export interface MigrationBackup {
  dataDir: string;
  database: string;
  /** Of a file that nobody writes to meanwhile. */
  path: string;
  /** The version of the schema that it is about to get. */
  beforeSchema: number;
  now: Date;
}

/**
 * Keeps a copy of a database that is about to be migrated, and lets go of the oldest such copies. A migration that fails
 * again and again leaves one copy, not many. Returns where the copy lies.
 */
export async function backUpBeforeMigration(order: MigrationBackup): Promise<string> {
  const { dataDir, database, path, beforeSchema, now } = order;
  const earlier = (await listBackups(dataDir, database)).find((kept) => kept.beforeSchema === beforeSchema);
  if (earlier !== undefined && (await haveSameContent(earlier.path, path))) return earlier.path;
  const target = backupPath(dataDir, database, { at: now, beforeSchema });
  await keepBackup(target, (unfinished) => copyFile(path, unfinished, constants.COPYFILE_FICLONE));
  await pruneAutomaticBackups(dataDir, database);
  return target;
}

async function haveSameContent(left: string, right: string): Promise<boolean> {
  if ((await stat(left)).size !== (await stat(right)).size) return false;
  return (await digestOf(left)) === (await digestOf(right));
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
