import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { giveToOwnerOf } from '../data-folder/ownership.ts';
import { examineFile, type FileFacts, UnsoundFileError } from '../databases/examine-file.ts';
import type { ObjectStore } from '../cloud/store/object-store.ts';
import { prepareRestored, prepareRewound } from '../databases/replacement-files.ts';
import { backupAt, backupByFile, type ChosenBackup, type Destination } from './choose-backup.ts';
import {
  type ChosenCopies,
  copiesAt,
  copiesOfVersion,
  type CopyVersion,
  newestCopies,
  rebuildAt,
} from './cloud-source.ts';
import { CommandFailure } from './command-failure.ts';
import type { Confirm } from './confirm.ts';
import { COMMAND } from './database-copy.ts';
import type { Output } from './output.ts';
import { describePresent, lookAtPresent, type PresentDatabase } from './present-database.ts';
import { askServer, read } from './server-target.ts';
import { type Holder, holding } from './target.ts';

export interface ReplaceOptions {
  folder: DataFolder;
  name: string;
  /** It was said beforehand that nobody is to be asked. */
  yes: boolean;
  /** Asks whoever sits there; `undefined` where nobody does. */
  confirm: Confirm | undefined;
  output: Output;
}

/** A file on the command line: as it was given, and its absolute path. */
export interface GivenFile {
  given: string;
  absolute: string;
}

const replaceAnswer = v.object({ trash: v.nullable(v.string()) });

/** What takes the place of a database: a file, or copies in a store. */
type Source = ({ kind: 'file' } & ChosenBackup) | ({ kind: 'cloud' } & ChosenCopies);

/** Puts an older copy of the same shop in place after a disaster. @throws CommandFailure */
export async function runRestore(
  options: ReplaceOptions,
  from: GivenFile | { cloud: ObjectStore },
): Promise<void> {
  const { folder, name } = options;
  await holding(folder, async (holder) => {
    const present = await lookAtPresent(folder, name, holder);
    const chosen: Source =
      'cloud' in from
        ? { kind: 'cloud', ...(await newestCopies(from.cloud, name)) }
        : { kind: 'file', ...(await backupByFile(folder, name, from)) };
    await withCopy(options, holder, chosen, async (copy, facts) => {
      demandSameShop(name, present, facts, chosen);
      await decide(options, holder, { present, chosen, facts }, 'restored', [
        'The shop stays the same one: its devices reconnect, and return by themselves what they have that is newer. What no device has any more is lost. (To undo a mistake use "octavo db rewind", which takes nothing back.)',
      ]);
      if (chosen.kind === 'file') await prepareRestored(copy, COMMAND);
    });
  });
}

/**
 * Goes back to an older copy on purpose. A moment is looked for in the store first, which has the shop as it was just then, and
 * otherwise among the backups. @throws CommandFailure
 */
export async function runRewind(
  options: ReplaceOptions,
  to: GivenFile | Destination | CopyVersion,
  cloud: () => Promise<ObjectStore>,
): Promise<void> {
  const { folder, name } = options;
  await holding(folder, async (holder) => {
    const present = await lookAtPresent(folder, name, holder);
    const lineage = present.kind === 'sound' ? present.lineage : undefined;
    const chosen = await chooseSource(options, to, { lineage, cloud });
    await withCopy(options, holder, chosen, async (copy, facts) => {
      await decide(options, holder, { present, chosen, facts }, 'taken back', [
        'What was done since then is taken out of the shop on purpose: its devices are told so, keep what they have in a copy of their own, and choose what of it to bring back; nothing comes back by itself. (After a disaster use "octavo db restore", which loses nothing that a device still has.)',
      ]);
      const ended = present.kind === 'sound' ? [present.lineage, ...present.formerLineages] : [];
      // The store has the shop as it was at any moment; a file has it only as it was when it was made.
      const takenBackTo = (chosen.kind === 'cloud' && 'moment' in to ? to.moment : chosen.at).getTime();
      await prepareRewound(copy, { owner: COMMAND, ended: ended.map(fromHex), takenBackTo });
    });
  });
}

async function chooseSource(
  { folder, name, output }: ReplaceOptions,
  to: GivenFile | Destination | CopyVersion,
  { lineage, cloud }: { lineage: string | undefined; cloud: () => Promise<ObjectStore> },
): Promise<Source> {
  if ('given' in to) return { kind: 'file', ...(await backupByFile(folder, name, to)) };
  if ('site' in to) return { kind: 'cloud', ...(await copiesOfVersion(await cloud(), name, to)) };
  if ('moment' in to) {
    try {
      return { kind: 'cloud', ...(await copiesAt(await cloud(), name, to.moment)) };
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      output.note(`${error.message} Looking among the backups.`);
    }
  }
  return { kind: 'file', ...(await backupAt(folder, name, to, lineage)) };
}

/** Works on a copy of what was chosen, which `prepare` makes ready, and puts it in place. */
async function withCopy(
  { folder, name, output }: ReplaceOptions,
  holder: Holder,
  chosen: Source,
  prepare: (copy: string, facts: FileFacts) => Promise<void>,
): Promise<void> {
  const copy = folder.temporaryPath(name);
  try {
    await mkdir(dirname(copy), { recursive: true });
    const facts =
      chosen.kind === 'cloud'
        ? await rebuildAt(chosen, copy)
        : await takeFile(folder, name, chosen.path, copy);
    await prepare(copy, facts);
    await giveToOwnerOf(folder.path, [copy]);
    const trash = await putInPlace(folder, name, holder, copy);
    output.result(`${name} is replaced.`);
    if (trash !== undefined) output.result(`The previous file is kept as ${trash}`);
  } finally {
    for (const left of [copy, `${copy}-journal`]) await rm(left, { force: true });
  }
}

async function takeFile(folder: DataFolder, name: string, path: string, copy: string): Promise<FileFacts> {
  if (folder.has(name) && (await realpath(path)) === (await realpath(folder.pathOf(name))))
    throw new CommandFailure(`${path} is the database itself. Name a copy of it.`);
  await copyAside(path, copy);
  return examineCopy(copy, path);
}

/** With what a crash may have left beside it: SQLite rolls that back when the copy is opened. */
async function copyAside(source: string, copy: string): Promise<void> {
  await copyFile(source, copy, constants.COPYFILE_FICLONE);
  await chmod(copy, 0o600);
  try {
    if ((await stat(`${source}-journal`)).size === 0) return;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  await copyFile(`${source}-journal`, `${copy}-journal`);
}

async function examineCopy(copy: string, source: string): Promise<FileFacts> {
  try {
    return await examineFile(copy, { depth: 'full', owner: COMMAND });
  } catch (error) {
    if (!(error instanceof UnsoundFileError)) throw error;
    throw new CommandFailure(`Nothing was changed. ${error.message.replaceAll(copy, source)}`);
  }
}

function demandSameShop(name: string, present: PresentDatabase, facts: FileFacts, chosen: Source): void {
  if (present.kind !== 'sound' || present.lineage === facts.lineage) return;
  if (chosen.kind === 'cloud')
    throw new CommandFailure(
      `Nothing was changed. ${chosen.words} is of another lineage than ${name}: another server has begun another shop under this name, or has rewound this one. ` +
        `"octavo db rewind ${name} --at" goes on with it on purpose; or move ${name} out of the data folder first.`,
    );
  const { path } = chosen;
  throw new CommandFailure(
    `Nothing was changed. ${path} is of another lineage than ${name}: of another shop, or of this one before it was reset or rewound. ` +
      `"octavo db rewind ${name} ${basename(path)}" goes back to it on purpose; or restore it under another name.`,
  );
}

/** Says what will happen, and asks. @throws CommandFailure unless somebody agrees. */
async function decide(
  { name, yes, confirm, output }: ReplaceOptions,
  { through }: Holder,
  { present, chosen, facts }: { present: PresentDatabase; chosen: Source; facts: FileFacts },
  done: string,
  consequences: readonly string[],
): Promise<void> {
  output.note(`${name} is to be ${done}, ${through}.`);
  output.note(`  now:  ${describePresent(present)}`);
  output.note(
    `  then: version ${facts.dbVersion}, of ${chosen.at.toISOString()} (${chosen.kind === 'file' ? chosen.path : chosen.words})`,
  );
  for (const line of consequences) output.note(line);
  output.note('The present file is kept in the trash of the data folder.');
  if (yes) return;
  if (confirm === undefined)
    throw new CommandFailure('Nothing was changed: nobody can be asked here. Add --yes to go on without.');
  if (!(await confirm('Go on?'))) throw new CommandFailure('Nothing was changed.');
}

async function putInPlace(
  folder: DataFolder,
  name: string,
  holder: Holder,
  copy: string,
): Promise<string | undefined> {
  if (holder.kind === 'self') return folder.replace(name, copy, new Date());
  const answer = await askServer(holder.note, 'POST', `/${name}/replace`, { file: basename(copy) });
  return (await read(replaceAnswer, answer)).trash ?? undefined;
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}
