import { openMemory } from '@octavo/crsqlite/browser.ts';
import { MemoryFileSystem } from '@octavo/crsqlite/vfs/memory-file-system.ts';
import { journalOf } from '@octavo/crsqlite/vfs/opfs-file-system.ts';
import { schema } from '@octavo/shop/schema.ts';
import { Replica } from '@octavo/sync/replica.ts';
import type { Examination, Soundness } from '#lib/doctor/contract.ts';
import { clock, random } from '../database/environment.ts';
import { describeDatabaseError } from '../database/errors.ts';
import type { Folder, FolderFile } from '../database/generations/folder.ts';
import { Generations, POINTER } from '../database/generations/generations.ts';
import { inspectReplica } from '../database/inspect.ts';

/** More than this is not held in memory twice only to look at it, bytes. */
const LARGEST_COPY = 512 * 1024 * 1024;

/**
 * Looks at the files of a database without touching them: whether it can be opened is tried with a copy in memory. Only
 * for a database that nobody writes to; without SQLite it is not looked into.
 */
export async function examineFolder(
  folder: Folder,
  name: string,
  wasm: WebAssembly.Module | undefined,
): Promise<Examination> {
  const generations = await Generations.read(folder, name, () => clock.wall());
  const files = (await folder.files()).toSorted((one, other) => one.name.localeCompare(other.name));
  const hasRecord = files.some((file) => file.name === POINTER && file.size > 0);
  const record = hasRecord ? (generations.unreadable ? 'unreadable' : 'sound') : 'none';
  const current = generations.currentFile;
  const soundness = await soundnessOf(folder, files, current, wasm);
  return { state: 'looked', files, record, current, soundness };
}

async function soundnessOf(
  folder: Folder,
  files: readonly FolderFile[],
  name: string,
  wasm: WebAssembly.Module | undefined,
): Promise<Soundness> {
  const size = files.find((file) => file.name === name)?.size ?? 0;
  if (size === 0) return { state: 'not-checked', why: 'There is no database in this browser yet.' };
  if (wasm === undefined) return { state: 'not-checked', why: 'It is in use.' };
  if (size > LARGEST_COPY) return { state: 'not-checked', why: 'It is too large to be copied.' };
  const copy = new MemoryFileSystem();
  for (const file of [name, journalOf(name)]) {
    const bytes = await folder.read(file);
    if (bytes !== undefined && bytes.length > 0) copy.write(file, bytes);
  }
  try {
    const database = await openMemory({ name, wasm, fileSystem: copy });
    const replica = Replica.open(database, { schema, clock, random });
    return { state: 'opens', inspection: inspectReplica(replica) };
  } catch (error) {
    const { code, message } = describeDatabaseError(error, () => undefined);
    return { state: 'does-not-open', code, message };
  }
}
