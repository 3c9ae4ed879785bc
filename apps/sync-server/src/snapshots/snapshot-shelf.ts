import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromNote, type SnapshotFacts, toNote } from './snapshot-facts.ts';

/** So that a download that has begun can go on after the next one was made. */
const KEPT = 2;

export interface KeptSnapshot {
  facts: SnapshotFacts;
  path: string;
}

/**
 * The snapshots of one database, in a folder of their own: compressed files that never change, each with a note that is
 * written after it. What has no note, or does not fit it, is left over from a crash and is removed.
 */
export class SnapshotShelf {
  readonly #folder: string;
  #kept: Promise<KeptSnapshot[]> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The newest first. */
  async list(): Promise<readonly KeptSnapshot[]> {
    return [...(await this.#list())];
  }

  /** Moves a finished file here, and lets go of the oldest. */
  async add(file: string, facts: SnapshotFacts): Promise<void> {
    const kept = await this.#list();
    await mkdir(this.#folder, { recursive: true });
    const path = join(this.#folder, `${facts.version}-${facts.sha256.slice(0, 16)}.gz`);
    await rename(file, path);
    await writeFile(`${noteOf(path)}.new`, toNote(facts));
    await rename(`${noteOf(path)}.new`, noteOf(path));
    const others = kept.filter((other) => other.path !== path);
    kept.splice(0, Infinity, { facts, path }, ...others.slice(0, KEPT - 1));
    for (const other of others.slice(KEPT - 1)) await removeFiles(other.path);
  }

  async remove(snapshot: KeptSnapshot): Promise<void> {
    const kept = await this.#list();
    kept.splice(0, Infinity, ...kept.filter((other) => other !== snapshot));
    await removeFiles(snapshot.path);
  }

  async clear(): Promise<void> {
    this.#kept = Promise.resolve([]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  #list(): Promise<KeptSnapshot[]> {
    // Looked at once: whoever holds the data folder is alone with it.
    this.#kept ??= this.#load().catch((error: unknown) => {
      this.#kept = undefined;
      throw error;
    });
    return this.#kept;
  }

  async #load(): Promise<KeptSnapshot[]> {
    await mkdir(this.#folder, { recursive: true });
    const names = await readdir(this.#folder);
    const found: KeptSnapshot[] = [];
    for (const name of names.filter((candidate) => candidate.endsWith('.gz'))) {
      const path = join(this.#folder, name);
      const facts = names.includes(`${name}.json`)
        ? fromNote(await readFile(noteOf(path), 'utf8'))
        : undefined;
      if (facts !== undefined && (await isWhole(path, facts))) found.push({ facts, path });
    }
    found.sort((left, right) => right.facts.builtAt - left.facts.builtAt);
    const kept = found.slice(0, KEPT);
    const staying = new Set(kept.flatMap(({ path }) => [path, noteOf(path)]));
    for (const name of names) {
      const path = join(this.#folder, name);
      if (!staying.has(path)) await rm(path, { force: true });
    }
    return kept;
  }
}

/** Reads the file once after each start: what is broken on the disk would be sent, and refused, again and again. */
async function isWhole(path: string, { bytes, sha256 }: SnapshotFacts): Promise<boolean> {
  const { size } = await stat(path);
  if (size !== bytes) return false;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex') === sha256;
}

async function removeFiles(path: string): Promise<void> {
  await rm(noteOf(path), { force: true });
  await rm(path, { force: true });
}

const noteOf = (path: string): string => `${path}.json`;
