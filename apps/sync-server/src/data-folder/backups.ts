import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDatabaseName } from '../databases/database-name.ts';
import { makeDurable } from './durable.ts';

/** Of the backups that the server makes by itself, so many of each database are kept. Those that a person made are never removed. */
export const AUTOMATIC_KEPT = 3;

/** What a backup is called after. */
export interface BackupLabel {
  at: Date;
  /** It was made by itself, before this version of the schema; `undefined` where somebody asked for it. */
  beforeSchema: number | undefined;
}

/** A kept copy of a database. */
export interface Backup extends BackupLabel {
  path: string;
  bytes: number;
}

/** `<time>.sqlite3`, or `<time>-before-schema-<n>.sqlite3`; the time as in ISO 8601, with `-` where a file name has no `:`. */
const namePattern =
  /^(\d{4}-\d{2}-\d{2}T)(\d{2})-(\d{2})-(\d{2}\.\d{3}Z)(?:-before-schema-(\d{1,9}))?\.sqlite3$/;

/** The folder of a database's backups, which need not exist. @throws RangeError for a name that was not checked. */
export function backupsFolder(dataDir: string, database: string): string {
  if (!isDatabaseName(database)) throw new RangeError(`"${database}" is no database name.`);
  return join(dataDir, 'backups', database);
}

/** Where a backup lies. */
export function backupPath(dataDir: string, database: string, { at, beforeSchema }: BackupLabel): string {
  const label = beforeSchema === undefined ? '' : `-before-schema-${beforeSchema}`;
  return join(backupsFolder(dataDir, database), `${at.toISOString().replaceAll(':', '-')}${label}.sqlite3`);
}

/** What the name of a file in a folder of backups says; `undefined` for anything else that lies there. */
export function readBackupName(fileName: string): BackupLabel | undefined {
  const [, day, hour, minute, second, beforeSchema] = namePattern.exec(fileName) ?? [];
  if (day === undefined) return undefined;
  const at = new Date(`${day}${hour}:${minute}:${second}`);
  if (Number.isNaN(at.getTime())) return undefined;
  return { at, beforeSchema: beforeSchema === undefined ? undefined : Number(beforeSchema) };
}

/** The backups of a database, the newest first. */
export async function listBackups(dataDir: string, database: string): Promise<Backup[]> {
  const folder = backupsFolder(dataDir, database);
  const found: Backup[] = [];
  for (const fileName of await namesIn(folder)) {
    const label = readBackupName(fileName);
    if (label === undefined) continue;
    const path = join(folder, fileName);
    found.push({ ...label, path, bytes: (await stat(path)).size });
  }
  return found.sort((left, right) => right.at.getTime() - left.at.getTime());
}

/**
 * Makes a backup: `write` writes it under a name that is not listed, and it gets its own when it is on the disk. Only the
 * owner of the data folder may read it. What `write` throws leaves nothing behind.
 */
export async function keepBackup(path: string, write: (unfinished: string) => Promise<void>): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const unfinished = join(folder, `${basename(path)}.${randomUUID()}.new`);
  try {
    await write(unfinished);
    await chmod(unfinished, 0o600);
    await makeDurable(unfinished);
    await rename(unfinished, path);
    await makeDurable(folder);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** Removes the oldest of those that the server has made by itself. */
export async function pruneAutomaticBackups(dataDir: string, database: string): Promise<void> {
  const automatic = (await listBackups(dataDir, database)).filter(
    ({ beforeSchema }) => beforeSchema !== undefined,
  );
  for (const { path } of automatic.slice(AUTOMATIC_KEPT)) await rm(path, { force: true });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
