import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ImportBooksResult } from '@octavo/shop/commands/import-books.ts';
import type { ImportedBook } from '@octavo/shop/import/recognise.ts';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { FolderInUseError, lockFolder } from '../data-folder/folder-lock.ts';
import { readServerNote, type ServerNote } from '../data-folder/server-note.ts';
import type { Check } from '../databases/host-interface.ts';
import { CommandFailure } from './command-failure.ts';
import { openDirectly } from './direct-target.ts';
import { isServing, reachThroughServer } from './server-target.ts';

/** A database as the command line works with it, whoever holds it. */
export interface Target extends AsyncDisposable {
  /** How it is reached, for the person. */
  readonly through: string;
  importBooks(books: readonly ImportedBook[]): Promise<ImportBooksResult>;
  check(): Promise<Check[]>;
}

/** A server that is starting or stopping holds the folder for moments without being reachable. */
const PATIENCE_MS = 5_000;
const RETRY_MS = 200;

/**
 * Reaches a database: through the server where one runs, else by taking the folder and opening the file.
 * @throws CommandFailure
 */
export async function openTarget(
  folder: DataFolder,
  name: string,
  options: { create: boolean },
): Promise<Target> {
  if (!options.create && !folder.has(name)) {
    throw new CommandFailure(`There is no database "${name}" in ${folder.path}.`);
  }
  const holder = await findHolder(folder);
  return holder.kind === 'server'
    ? reachThroughServer(holder.note, name)
    : openDirectly(folder, name, holder.release);
}

/** Who works in a data folder: a server that can be asked, or from now on this process. `through` says so to a person. */
export type Holder =
  | { kind: 'server'; through: string; note: ServerNote }
  | { kind: 'self'; through: string; release: () => void };

/** Runs something with whoever works in a data folder, and lets go of it if that is this process. @throws CommandFailure */
export async function holding<Result>(
  folder: DataFolder,
  run: (holder: Holder) => Promise<Result>,
): Promise<Result> {
  if (!existsSync(folder.path)) throw new CommandFailure(`There is no data folder ${folder.path}.`);
  const holder = await findHolder(folder);
  try {
    return await run(holder);
  } finally {
    if (holder.kind === 'self') holder.release();
  }
}

/** Takes the folder, or finds the server that has it. @throws CommandFailure when somebody else does. */
export async function findHolder(folder: DataFolder): Promise<Holder> {
  const deadline = performance.now() + PATIENCE_MS;
  while (true) {
    const held = holdFolder(folder);
    if (held.ok) {
      await finishReplacements(folder, held.release);
      return { kind: 'self', through: 'opened directly; no server is running', release: held.release };
    }
    const note = await runningServer(folder);
    if (note !== undefined) return { kind: 'server', through: `through the server at ${note.url}`, note };
    if (performance.now() > deadline) throw new CommandFailure(held.message);
    await delay(RETRY_MS);
  }
}

/** What a crash interrupted comes first. */
async function finishReplacements(folder: DataFolder, release: () => void): Promise<void> {
  try {
    await folder.finishReplacements();
  } catch (error) {
    release();
    throw error;
  }
}

function holdFolder(folder: DataFolder): { ok: true; release: () => void } | { ok: false; message: string } {
  try {
    return { ok: true, release: lockFolder(folder.path, 'the octavo command') };
  } catch (error) {
    if (error instanceof FolderInUseError) return { ok: false, message: error.message };
    throw error;
  }
}

async function runningServer(folder: DataFolder): Promise<ServerNote | undefined> {
  const note = await readServerNote(folder.path);
  return note !== undefined && (await isServing(note)) ? note : undefined;
}
