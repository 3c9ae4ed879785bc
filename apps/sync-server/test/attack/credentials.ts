import { randomBytes } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import type { Role } from '../../src/auth/roles.ts';
import { Tokens } from '../../src/auth/tokens.ts';

const HOUR_MS = 60 * 60_000;

/** The database that everybody is after, and another one. */
export const TARGET = 'shop.sqlite3';
export const OTHER = 'other.sqlite3';

export type Credentials = Record<(typeof attackers)[number], string | undefined>;

/** What somebody may come with, the harmless last. */
export const attackers = [
  'nobody',
  'forged',
  'unsigned',
  'garbage',
  'expired',
  'revoked',
  'other-database',
  'reader',
  'member',
  'admin',
] as const;

/** Makes tokens in a data folder that no server holds yet. */
export async function makeCredentials(dataDir: string): Promise<Credentials> {
  const tokens = await Tokens.load(dataDir);
  const make = async (role: Role, database: string, expiresAt = Date.now() + HOUR_MS) => {
    const { token, record } = await tokens.create({ name: role, role, databases: [database], expiresAt });
    return { token, id: record.id };
  };
  const admin = await make('admin', '*');
  const revoked = await make('admin', '*');
  await tokens.revoke(revoked.id);
  const claims = { iss: 'octavo', jti: admin.id, exp: Math.floor(Date.now() / 1000) + 3_600 };
  return {
    nobody: undefined,
    // The id of a token that is valid, under another key.
    forged: await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(randomBytes(32)),
    unsigned: new UnsecuredJWT(claims).encode(),
    garbage: 'x'.repeat(3_000),
    expired: (await make('admin', '*', Date.now() - HOUR_MS)).token,
    revoked: revoked.token,
    'other-database': (await make('admin', OTHER)).token,
    reader: (await make('reader', TARGET)).token,
    member: (await make('member', TARGET)).token,
    admin: admin.token,
  };
}
