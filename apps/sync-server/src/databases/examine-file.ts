import { open } from 'node:fs/promises';
import { SqliteError } from '@octavo/crsqlite/errors.ts';
import type { Database } from '@octavo/crsqlite/database.ts';
import { openFile } from '@octavo/crsqlite/node.ts';
import { toHex } from '@octavo/protocol/identity.ts';
import { userVersion } from '@octavo/shop/migrations.ts';
import { schema } from '@octavo/shop/schema.ts';
import { MARK_TABLE } from '@octavo/sync/snapshot/snapshot-account.ts';
import { Bookkeeping } from '@octavo/sync/storage/bookkeeping.ts';
import { ClockTables } from '@octavo/sync/storage/clock-tables.ts';
import { Rewinds } from '@octavo/sync/storage/rewinds.ts';
import { checkDatabase, type CheckDepth } from './checks.ts';

/** A file is not what a server could go on with. */
export class UnsoundFileError extends Error {
  override readonly name = 'UnsoundFileError';
  /** `newer-schema` where it may well be sound for a newer program. */
  readonly code: 'unsound-file' | 'newer-schema';

  constructor(message: string, { code = 'unsound-file' }: { code?: UnsoundFileError['code'] } = {}) {
    super(message);
    this.code = code;
  }
}

/** What a server's database says of itself while nobody uses it. */
export interface FileFacts {
  /** Hexadecimal. */
  siteId: string;
  /** Hexadecimal. */
  lineage: string;
  /** Lineages that the shop was taken back from on purpose. */
  formerLineages: string[];
  dbVersion: number;
  schemaVersion: number;
}

const HEADER = 'SQLite format 3\0';
/** Every server's database has them. */
const OWN_TABLES = ['octavo_lineage', 'octavo_epoch', 'octavo_peer'];

/**
 * Looks whether a file is a server's database and sound, without changing it. `full` reads every page, index and clock.
 * @throws UnsoundFileError saying what is wrong with it; the system's error when it cannot be read at all.
 */
export async function examineFile(
  path: string,
  { depth, owner }: { depth: CheckDepth; owner: string },
): Promise<FileFacts> {
  await demandHeader(path);
  const database = await openSound(path, owner);
  try {
    return examine(database, path, depth);
  } catch (error) {
    throw error instanceof SqliteError ? unsound(path, error) : error;
  } finally {
    database.close();
  }
}

/** SQLite takes an empty file for a database in which nothing is, yet. */
async function demandHeader(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER.length), 0, HEADER.length, 0);
    if (buffer.toString('latin1', 0, bytesRead) === HEADER) return;
    const what = bytesRead === 0 ? 'is empty' : 'does not begin as an SQLite database does';
    throw new UnsoundFileError(`${path} ${what}.`);
  } finally {
    await file.close();
  }
}

async function openSound(path: string, owner: string): Promise<Database> {
  try {
    return await openFile(path, { owner });
  } catch (error) {
    throw error instanceof SqliteError && error.failure === 'corrupt' ? unsound(path, error) : error;
  }
}

function examine(database: Database, path: string, depth: CheckDepth): FileFacts {
  const tables = tablesOf(database);
  if (tables.has(MARK_TABLE))
    throw new UnsoundFileError(
      `${path} is a snapshot for new replicas, which lacks what a server has to know.`,
    );
  const clockTables = new ClockTables(database);
  const own = OWN_TABLES.every((table) => tables.has(table)) && clockTables.tables.includes('book');
  if (!own) throw new UnsoundFileError(`${path} is an SQLite database, but none of Octavo's.`);
  const schemaVersion = userVersion(database);
  if (schemaVersion > schema.version)
    throw new UnsoundFileError(
      `${path} was written by a newer version of Octavo (schema ${schemaVersion}; this one knows ${schema.version}).`,
      { code: 'newer-schema' },
    );

  const bookkeeping = new Bookkeeping(database);
  const lineage = bookkeeping.lineage();
  const checkable = { database, clockTables, lineage: () => lineage, head: () => clockTables.head() };
  const failed = checkDatabase(checkable, depth).filter(({ ok }) => !ok);
  if (failed.length > 0 || lineage === undefined) {
    const found = failed.map(({ name, detail }) => `${name}: ${detail}`).join('; ');
    throw new UnsoundFileError(`${path} is not sound: ${found}.`);
  }
  // A shop is named after the epoch in which a server founded it, or took it back; a device's file has other epochs.
  if (!bookkeeping.hasEpoch(lineage))
    throw new UnsoundFileError(
      `${path} is the database of a device, not of a server. To bring back what is in it, use "Keep my data" on that device.`,
    );
  const [siteId] = database.prepare('SELECT crsql_site_id()').exact<[Uint8Array]>().get() ?? [
    new Uint8Array(),
  ];
  return {
    siteId: toHex(siteId),
    lineage: toHex(lineage),
    formerLineages: tables.has('octavo_rewind') ? new Rewinds(database).lineages().map(toHex) : [],
    dbVersion: Number(clockTables.head()),
    schemaVersion,
  };
}

function tablesOf(database: Database): Set<string> {
  const rows = database
    .prepare<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all();
  return new Set(rows.map(({ name }) => name));
}

function unsound(path: string, { message }: SqliteError): UnsoundFileError {
  return new UnsoundFileError(`${path} is not a sound database: ${message}`);
}
