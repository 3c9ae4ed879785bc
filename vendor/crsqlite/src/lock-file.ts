import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

import { SqliteError } from './errors.ts';
import { isGone, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { BUSY } from './result-codes.ts';
import { errnoOf, nodeStorageError } from './vfs/node-errors.ts';

/** What a lock file says. */
interface Holder extends ProcessIdentity {
  /** What the process is, for the person who reads the error. */
  readonly owner: string;
  /** Different for every lock ever taken. */
  readonly token: string;
}

const TOKEN = /^[a-z0-9-]+$/;

/**
 * Takes the lock of a file, as long as no other process on this machine holds it. A lock whose process is gone is taken over.
 *
 * A lock file comes into being with its content in it, by linking a finished file to its name, which fails if the name
 * exists. Taking over is guarded in turn by a lock named after the dead holder's token, and a dead holder's lock is replaced only by
 * whoever holds that one and has looked again: so of several processes that find a dead holder, one gets the lock, also when one
 * of them dies on the way.
 *
 * @returns The function that lets go of it.
 * @throws SqliteError busy, naming the process that holds it; access, when no lock can be made there.
 */
export function takeLockFile(path: string, owner: string): () => void {
  const mine: Holder = { ...ownIdentity(), owner, token: randomBytes(8).toString('hex') };
  const finished = `${path}.${mine.token}`;
  // On the disk before it gets its name: after a power cut an empty lock would tell nothing, and hold for ever.
  attempt(path, () => writeFileSync(finished, JSON.stringify(mine), { flag: 'wx', flush: true }));
  try {
    if (!attempt(path, () => linkedIfFree(finished, path))) takeOver(path, finished, owner);
  } finally {
    rmSync(finished, { force: true });
  }
  return () => {
    if (readHolder(path)?.token === mine.token) rmSync(path, { force: true });
  };
}

function takeOver(path: string, finished: string, owner: string): void {
  const holder = readHolder(path);
  if (holder === undefined || !isGone(holder)) throw new SqliteError(heldMessage(path, holder), BUSY);
  const release = takeLockFile(`${path}-${holder.token}`, owner);
  try {
    // Somebody may have taken it over, and let go of the guard, between the look and the guard.
    const still = readHolder(path);
    if (still?.token !== holder.token) throw new SqliteError(heldMessage(path, still), BUSY);
    attempt(path, () => renameSync(finished, path));
  } finally {
    release();
  }
}

function linkedIfFree(finished: string, path: string): boolean {
  try {
    linkSync(finished, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined when there is no lock, or it cannot be understood. */
function readHolder(path: string): Holder | undefined {
  try {
    return parseHolder(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === 'ENOENT') return undefined;
    throw lockFailure(path, error);
  }
}

function parseHolder(value: unknown): Holder | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { host, pid, started, boot, owner, token } = value as Partial<Record<keyof Holder, unknown>>;
  if (typeof host !== 'string' || typeof pid !== 'number' || typeof owner !== 'string') return undefined;
  if (!isTextOrNull(started) || !isTextOrNull(boot)) return undefined;
  // It becomes part of a path.
  if (typeof token !== 'string' || !TOKEN.test(token)) return undefined;
  return { host, pid, started, boot, owner, token };
}

function isTextOrNull(value: unknown): value is string | null {
  return typeof value === 'string' || value === null;
}

function heldMessage(path: string, holder: Holder | undefined): string {
  if (holder === undefined)
    return `The database is held by another process, see ${path}. Try again, or delete that file if no process uses the database.`;
  const where = holder.host === ownIdentity().host ? '' : ` on ${holder.host}`;
  return `The database is held by process ${holder.pid}${where} (${holder.owner}). Stop it, or go through it. Its lock is ${path}.`;
}

function attempt<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw lockFailure(path, error);
  }
}

function lockFailure(path: string, error: unknown): SqliteError {
  const { message, resultCode } = nodeStorageError('open', path, error);
  return new SqliteError(`The lock of the database cannot be taken: ${message}`, resultCode, {
    cause: error,
  });
}
