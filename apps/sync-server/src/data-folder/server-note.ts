import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';

/** What a running server leaves in its data folder, so that the command line finds it. */
const noteSchema = v.object({
  url: v.pipe(v.string(), v.url()),
  pid: v.number(),
  /** Also in the answer of `/health`: another server may listen on that port by now. */
  instance: v.string(),
  /** Shown by the command line to be let in: whoever can read this file can read the databases beside it. */
  operatorKey: v.string(),
});
export type ServerNote = v.InferOutput<typeof noteSchema>;

const pathIn = (folder: string): string => join(folder, 'server.json');

/** To be called by the holder of the folder's lock. */
export async function writeServerNote(folder: string, note: ServerNote): Promise<void> {
  const path = pathIn(folder);
  // A file that was left would keep the rights that it has.
  await rm(`${path}.new`, { force: true });
  // Whole or not at all: the command line may read at any moment.
  await writeFile(`${path}.new`, JSON.stringify(note, undefined, 2), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

export async function removeServerNote(folder: string): Promise<void> {
  await rm(pathIn(folder), { force: true });
}

/** The note, possibly of a server that is gone; `undefined` when there is none that makes sense. */
export async function readServerNote(folder: string): Promise<ServerNote | undefined> {
  let text: string;
  try {
    text = await readFile(pathIn(folder), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), noteSchema), text);
  return parsed.success ? parsed.output : undefined;
}
