import { existsSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** The beginning of every SQLite database; https://www.sqlite.org/fileformat.html#the_database_header */
const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const USER_VERSION_AT = 60;

/**
 * Whether opening a database file would change its schema, as far as its first bytes tell; also where they are not those
 * of a database, or a crash has left something to be rolled back: then only opening it will tell.
 */
export async function wantsOpening(path: string, schemaVersion: number): Promise<boolean> {
  const journal = `${path}-journal`;
  if (existsSync(journal) && statSync(journal).size > 0) return true;
  const header = await firstBytes(path, HEADER_BYTES);
  // Nothing was ever written to it: it is made at its first use.
  if (header.length === 0) return false;
  if (header.length < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC) return true;
  return header.readUInt32BE(USER_VERSION_AT) !== schemaVersion;
}

async function firstBytes(path: string, count: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
