import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Backup, backupsFolder, listBackups, readBackupName } from '../data-folder/backups.ts';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { examineFile, UnsoundFileError } from '../databases/examine-file.ts';
import { CommandFailure } from './command-failure.ts';
import { COMMAND } from './database-copy.ts';

/** What somebody wants to go back to: a moment, or a version of the database. */
export type Destination = { moment: Date } | { version: number };

/** A file to go back to, and from when it is. */
export interface ChosenBackup {
  path: string;
  at: Date;
}

/** Understands what follows `--at`: a version, or a time as in ISO 8601, of this machine's clock where it names no zone. */
export function readDestination(text: string): Destination | undefined {
  if (/^\d{1,15}$/.test(text)) return { version: Number(text) };
  const moment = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text);
  return /^\d{4}-/.test(text) && !Number.isNaN(moment.getTime()) ? { moment } : undefined;
}

/** A backup by its file: any path, or the name of one of those that are kept. @throws CommandFailure when there is none. */
export async function backupByFile(
  folder: DataFolder,
  database: string,
  { given, absolute }: { given: string; absolute: string },
): Promise<ChosenBackup> {
  const kept = join(backupsFolder(folder.path, database), basename(given));
  const path = existsSync(absolute) ? absolute : given === basename(given) ? kept : absolute;
  if (!existsSync(path)) throw new CommandFailure(`There is no file ${absolute}.`);
  return { path, at: readBackupName(basename(path))?.at ?? (await stat(path)).mtime };
}

/** The newest kept backup that is not newer than that. @throws CommandFailure when there is none. */
export async function backupAt(
  folder: DataFolder,
  database: string,
  destination: Destination,
  lineage: string | undefined,
): Promise<ChosenBackup> {
  const backups = await listBackups(folder.path, database);
  const chosen =
    'moment' in destination
      ? backups.find(({ at }) => at <= destination.moment)
      : await newestUpTo(backups, destination.version, lineage);
  if (chosen !== undefined) return chosen;
  const oldest = backups.at(-1);
  const words = oldest === undefined ? 'There is none.' : `The oldest is of ${oldest.at.toISOString()}.`;
  throw new CommandFailure(
    `No backup of ${database} is that old. ${words} See "octavo db backups ${database}".`,
  );
}

/** Versions of two lineages count differently. */
async function newestUpTo(
  backups: readonly Backup[],
  version: number,
  lineage: string | undefined,
): Promise<Backup | undefined> {
  for (const backup of backups) {
    try {
      const facts = await examineFile(backup.path, { depth: 'quick', owner: COMMAND });
      if (facts.dbVersion <= version && (lineage === undefined || facts.lineage === lineage)) return backup;
    } catch (error) {
      if (!(error instanceof UnsoundFileError)) throw error;
    }
  }
  return undefined;
}
