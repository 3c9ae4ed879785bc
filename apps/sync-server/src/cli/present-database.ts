import { SqliteError } from '@octavo/crsqlite/errors.ts';
import * as v from 'valibot';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { examineFile, UnsoundFileError } from '../databases/examine-file.ts';
import { CommandFailure } from './command-failure.ts';
import { COMMAND } from './database-copy.ts';
import { askServer, read } from './server-target.ts';
import type { Holder } from './target.ts';

/** What is there now, where another file is to take its place. */
export type PresentDatabase =
  | { kind: 'absent' }
  /** Its lineage, and those that were ended before it, hexadecimal. */
  | { kind: 'sound'; lineage: string; formerLineages: string[]; dbVersion: number }
  | { kind: 'unreadable'; why: string };

const lineagesAnswer = v.object({
  lineage: v.string(),
  formerLineages: v.array(v.string()),
  dbVersion: v.number(),
});

/** Looks at the database that is to be replaced; that it cannot be read is often why. */
export async function lookAtPresent(
  folder: DataFolder,
  name: string,
  holder: Holder,
): Promise<PresentDatabase> {
  if (!folder.has(name)) return { kind: 'absent' };
  try {
    const found =
      holder.kind === 'server'
        ? await read(lineagesAnswer, await askServer(holder.note, 'GET', `/${name}/lineages`))
        : await examineFile(folder.pathOf(name), { depth: 'quick', owner: COMMAND });
    return { kind: 'sound', ...found };
  } catch (error) {
    const expected =
      error instanceof UnsoundFileError || error instanceof SqliteError || error instanceof CommandFailure;
    if (!expected) throw error;
    return { kind: 'unreadable', why: error.message };
  }
}

/** In words, for whoever decides. */
export function describePresent(present: PresentDatabase): string {
  switch (present.kind) {
    case 'absent':
      return 'there is none';
    case 'sound':
      return `version ${present.dbVersion}`;
    case 'unreadable':
      return `it cannot be read (${present.why})`;
  }
}
