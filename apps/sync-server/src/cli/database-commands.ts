import { existsSync } from 'node:fs';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { CommandFailure } from './command-failure.ts';
import { bytesInWords, type Output } from './output.ts';
import { openTarget } from './target.ts';

/** Lists the databases of a folder, without opening any. */
export async function runList(folder: DataFolder, output: Output): Promise<void> {
  if (!existsSync(folder.path)) throw new CommandFailure(`There is no data folder ${folder.path}.`);
  const files = await folder.list();
  if (files.length === 0) output.note(`There is no database in ${folder.path} yet.`);
  for (const { name, bytes, modified } of files) {
    output.result(`${name}\t${bytesInWords(bytes)}\tchanged ${modified.toISOString()}`);
  }
}

/** Looks whether a database is sound. @throws CommandFailure when it is not. */
export async function runCheck(folder: DataFolder, name: string, output: Output): Promise<void> {
  await using target = await openTarget(folder, name, { create: false });
  output.note(`Checking ${name}, ${target.through}.`);
  const checks = await target.check();
  for (const { name: check, ok, detail } of checks)
    output.result(`${ok ? 'ok' : 'FAILED'}\t${check}\t${detail}`);
  const failed = checks.filter((check) => !check.ok).length;
  if (failed > 0)
    throw new CommandFailure(`${name} is NOT sound: ${failed} of ${checks.length} checks failed.`);
  output.result(`${name} is sound.`);
}
