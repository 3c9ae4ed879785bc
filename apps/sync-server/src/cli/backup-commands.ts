import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { SqliteError } from '@octavo/crsqlite/errors.ts';
import { type Backup, backupPath, keepBackup, listBackups } from '../data-folder/backups.ts';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { giveToOwnerOf } from '../data-folder/ownership.ts';
import { examineFile, type FileFacts, UnsoundFileError } from '../databases/examine-file.ts';
import { CommandFailure } from './command-failure.ts';
import { COMMAND, copyDatabase } from './database-copy.ts';
import { bytesInWords, type Output } from './output.ts';
import { holding } from './target.ts';

/**
 * Makes a backup: a copy that is consistent, was found to be sound and is on the disk before it gets its name.
 * @throws CommandFailure
 */
export async function runBackup(
  folder: DataFolder,
  name: string,
  { out, output }: { out: string | undefined; output: Output },
): Promise<void> {
  if (out !== undefined && existsSync(out))
    throw new CommandFailure(`${out} is there already. A backup replaces nothing; choose another name.`);
  if (out !== undefined && !existsSync(dirname(out)))
    throw new CommandFailure(`There is no folder ${dirname(out)}.`);
  const facts = await holding(folder, async (holder) => {
    if (!folder.has(name)) throw new CommandFailure(`There is no database "${name}" in ${folder.path}.`);
    const path = out ?? backupPath(folder.path, name, { at: new Date(), beforeSchema: undefined });
    output.note(`Copying ${name}, ${holder.through}.`);
    let found: FileFacts | undefined;
    await keepBackup(path, async (unfinished) => {
      await copyDatabase(folder, name, holder, unfinished);
      found = await examineCopy(unfinished, name);
    });
    if (out === undefined) await giveToOwnerOf(folder.path, [dirname(dirname(path)), dirname(path), path]);
    return { path, found };
  });
  const { size } = await stat(facts.path);
  output.result([facts.path, bytesInWords(size), `version ${facts.found?.dbVersion ?? 0}`].join('\t'));
  output.note('It was read back and is sound.');
}

/** Lists the backups of a database, the newest first, and which of them can be read. */
export async function runBackups(folder: DataFolder, name: string, output: Output): Promise<void> {
  const backups = await listBackups(folder.path, name);
  if (backups.length === 0) output.note(`There is no backup of ${name} in ${folder.path} yet.`);
  for (const backup of backups) output.result(await describe(backup));
}

async function describe({ at, bytes, beforeSchema, path }: Backup): Promise<string> {
  const why = beforeSchema === undefined ? 'asked for' : `made before schema ${beforeSchema}`;
  return [at.toISOString(), await versionInWords(path), bytesInWords(bytes), why, basename(path)].join('\t');
}

async function versionInWords(path: string): Promise<string> {
  try {
    return `version ${(await examineFile(path, { depth: 'quick', owner: COMMAND })).dbVersion}`;
  } catch (error) {
    if (error instanceof UnsoundFileError) return 'NOT SOUND';
    if (error instanceof SqliteError && error.failure === 'busy') return 'in use';
    throw error;
  }
}

async function examineCopy(path: string, name: string): Promise<FileFacts> {
  try {
    return await examineFile(path, { depth: 'full', owner: COMMAND });
  } catch (error) {
    if (!(error instanceof UnsoundFileError)) throw error;
    throw new CommandFailure(
      `The copy is not sound, so no backup was made: ${error.message} Run "octavo db check ${name}".`,
    );
  }
}
