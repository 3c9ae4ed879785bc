import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const SECRET_BYTES = 32;
const ONLY_OWNER = 0o600;
const ONLY_OWNER_FOLDER = 0o700;

/** The key that tokens are signed with cannot be used. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

/**
 * Reads the key that tokens are signed with, making it at the first time. To be called by the holder of the folder's
 * lock. Deleting the file makes every token void.
 * @throws SecretError when the file is not one of ours.
 */
export async function loadSecret(path: string): Promise<Uint8Array> {
  await mkdir(dirname(path), { recursive: true, mode: ONLY_OWNER_FOLDER });
  const text = (await readIfThere(path)) ?? (await makeSecret(path));
  // A copy of the folder, or a careless hand, may have opened it to others.
  await chmod(path, ONLY_OWNER);
  const secret = Buffer.from(text.trim(), 'base64url');
  if (secret.length !== SECRET_BYTES)
    throw new SecretError(
      `${path} does not hold a key. Restore it, or delete it: then a new one is made and every token is void.`,
    );
  return new Uint8Array(secret);
}

async function makeSecret(path: string): Promise<string> {
  const text = randomBytes(SECRET_BYTES).toString('base64url');
  // Fails where somebody else has made it at the same moment.
  const file = await open(path, 'wx', ONLY_OWNER);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return text;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
