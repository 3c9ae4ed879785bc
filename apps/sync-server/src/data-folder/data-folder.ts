import { existsSync, rmSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { isDatabaseName } from '../databases/database-name.ts';
import { decideReplacement, finishReplacement, type ReplacementPaths } from './replacement.ts';

export interface DatabaseFile {
  name: string;
  bytes: number;
  modified: Date;
}

/** What SQLite may leave beside a database file, and what belongs to it. */
const companions = ['-journal'];

/**
 * The folder with the databases, and what else lies in it:
 *
 * - `*.sqlite3`, `*.sqlite`, `*.db`: the databases
 * - `trash/`: databases that were reset, with the time in their name
 * - `backups/`: for each database a folder with copies, see `backups.ts`
 * - `incoming/`: files that are to take the place of a database, while that is being done
 * - `covers/`: the covers of books, where no copies are kept elsewhere; in there a folder for each database
 * - `snapshots/`: for each database a folder with what new replicas are filled from; may be deleted at any time
 * - `temporary/`: copies on their way to somebody; emptied at each start
 * - `server.json`: who holds the folder
 */
export class DataFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Makes what is missing and removes what a crash left behind. To be called by the holder of the folder's lock. */
  async prepare(): Promise<void> {
    await rm(join(this.path, 'temporary'), { recursive: true, force: true });
    await mkdir(join(this.path, 'temporary'), { recursive: true });
    await mkdir(join(this.path, 'trash'), { recursive: true });
    await this.finishReplacements();
  }

  /**
   * Ends what a crash has left undone in the middle of replacing a database. To be called by the holder of the folder's
   * lock, before any database is opened.
   */
  async finishReplacements(): Promise<void> {
    const folder = join(this.path, 'incoming');
    if (!existsSync(folder)) return;
    for (const name of await readdir(folder))
      if (isDatabaseName(name)) await toTheEnd(finishReplacement(this.replacementPaths(name)));
  }

  /** What covers are stored below, which need not exist. */
  get coversPath(): string {
    return join(this.path, 'covers');
  }

  /** The path of a database. @throws RangeError for a name that was not checked. */
  pathOf(name: string): string {
    if (!isDatabaseName(name)) throw new RangeError(`"${name}" is no database name.`);
    return join(this.path, name);
  }

  has(name: string): boolean {
    return existsSync(this.pathOf(name));
  }

  async list(): Promise<DatabaseFile[]> {
    const entries = await readdir(this.path, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isFile() && isDatabaseName(entry.name))
      .map(({ name }) => name);
    return Promise.all(
      names.sort().map(async (name) => {
        const { size, mtime } = await stat(join(this.path, name));
        return { name, bytes: size, modified: mtime };
      }),
    );
  }

  /** Removes the lock of a database whose holder, a part of this process, is known to be gone. */
  breakLock(name: string): void {
    rmSync(`${this.pathOf(name)}-lock`, { force: true });
  }

  /** A path for a file that nobody else uses and that does not outlive the server. */
  temporaryPath(name: string): string {
    return join(this.path, 'temporary', `${randomUUID()}-${name}`);
  }

  /** The path of a file in there; `undefined` for a name that leads elsewhere, or to none. */
  temporaryFile(fileName: string): string | undefined {
    const path = join(this.path, 'temporary', fileName);
    return basename(path) === fileName && existsSync(path) ? path : undefined;
  }

  /** The folder of a database's snapshots, which need not exist. @throws RangeError for a name that was not checked. */
  snapshotsPath(name: string): string {
    if (!isDatabaseName(name)) throw new RangeError(`"${name}" is no database name.`);
    return join(this.path, 'snapshots', name);
  }

  /**
   * Puts a finished file in the place of a closed database, or where there is none. A crash at any moment leaves the one or
   * the other. Returns where the previous file is kept.
   */
  async replace(name: string, prepared: string, now: Date): Promise<string | undefined> {
    const paths = this.replacementPaths(name);
    await toTheEnd(decideReplacement(paths, prepared, now));
    return toTheEnd(finishReplacement(paths));
  }

  replacementPaths(name: string): ReplacementPaths {
    return {
      database: this.pathOf(name),
      incoming: join(this.path, 'incoming', name),
      trash: join(this.path, 'trash'),
      trashName: (at) => trashName(name, at),
    };
  }

  /** Puts a closed database aside. Returns its new path. */
  async moveToTrash(name: string, now: Date): Promise<string> {
    const target = join(this.path, 'trash', trashName(name, now));
    for (const companion of companions) {
      if (existsSync(this.pathOf(name) + companion))
        await rename(this.pathOf(name) + companion, target + companion);
    }
    await rename(this.pathOf(name), target);
    return target;
  }
}

function trashName(name: string, at: Date): string {
  return `${at.toISOString().replaceAll(':', '-')}-${name}`;
}

async function toTheEnd<Result>(steps: AsyncGenerator<string, Result>): Promise<Result> {
  let step = await steps.next();
  while (step.done !== true) step = await steps.next();
  return step.value;
}
