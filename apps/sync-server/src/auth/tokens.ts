import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { errors, jwtVerify, SignJWT } from 'jose';
import * as v from 'valibot';
import { EVERY_DATABASE } from './database-pattern.ts';
import type { Role } from './roles.ts';
import { TokenBook, type TokenRecord } from './token-book.ts';
import { loadSecret } from './token-secret.ts';

const ALGORITHM = 'HS256';
const ISSUER = 'octavo';
/** Longer than any that is issued here: nothing is computed over more. */
const MAX_TOKEN_LENGTH = 2_048;

const claimsSchema = v.object({ jti: v.string() });

/** What a new token is for. */
export interface TokenOrder {
  name: string;
  role: Role;
  databases: readonly string[];
  /** Wall-clock ms. */
  expiresAt: number;
}

/** What a presented token is. Whoever shows an old one of ours is not guessing. */
export type Verdict =
  { kind: 'valid'; record: TokenRecord } | { kind: 'expired' } | { kind: 'revoked' } | { kind: 'forged' };

/**
 * Tokens: signed (HMAC with SHA-256), listed, and revocable at once. What a token may do stands in the list, not in the
 * token; its signature proves only which one it is.
 */
export class Tokens {
  readonly #secret: Uint8Array;
  readonly #book: TokenBook;
  readonly #now: () => number;
  readonly #onRevoked = new Set<(id: string) => void>();

  private constructor(secret: Uint8Array, book: TokenBook, now: () => number) {
    this.#secret = secret;
    this.#book = book;
    this.#now = now;
  }

  /**
   * Loads the tokens of a data folder. To be called by the holder of its lock.
   * @throws SecretError, TokenBookError
   */
  static async load(dataDir: string, now: () => number = () => Date.now()): Promise<Tokens> {
    const secret = await loadSecret(join(dataDir, 'auth', 'secret'));
    return new Tokens(secret, await TokenBook.load(join(dataDir, 'auth', 'tokens.json')), now);
  }

  /** Whether anybody can sign in as one who looks after the server. */
  get hasAdmin(): boolean {
    return this.#book.list().some((record) => {
      const { role, databases, revokedAt, expiresAt } = record;
      const valid = revokedAt === null && expiresAt > this.#now();
      return valid && role === 'admin' && databases.includes(EVERY_DATABASE);
    });
  }

  list(): TokenRecord[] {
    return this.#book.list();
  }

  async create(order: TokenOrder): Promise<{ token: string; record: TokenRecord }> {
    const { name, role, databases, expiresAt } = order;
    const now = this.#now();
    const record = { id: randomUUID(), name, role, databases: [...databases], createdAt: now };
    const whole: TokenRecord = { ...record, expiresAt, revokedAt: null };
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: ALGORITHM })
      .setIssuer(ISSUER)
      .setJti(whole.id)
      .setIssuedAt(Math.floor(now / 1000))
      .setExpirationTime(Math.ceil(expiresAt / 1000))
      .sign(this.#secret);
    await this.#book.put(whole, now);
    return { token, record: whole };
  }

  /** Makes a token void, also for connections that stand. Undefined where there is no such token. */
  async revoke(id: string): Promise<TokenRecord | undefined> {
    const record = this.#book.get(id);
    if (record === undefined || record.revokedAt !== null) return record;
    const revoked = { ...record, revokedAt: this.#now() };
    const written = this.#book.put(revoked, this.#now());
    for (const listener of this.#onRevoked) listener(id);
    await written;
    return revoked;
  }

  /** Calls back with the id of each token that is revoked from now on. */
  watchRevoked(listener: (id: string) => void): void {
    this.#onRevoked.add(listener);
  }

  /** Whether a token of this id exists and was not revoked. */
  isInForce(id: string): boolean {
    return this.#book.get(id)?.revokedAt === null;
  }

  async verify(token: string): Promise<Verdict> {
    if (token.length > MAX_TOKEN_LENGTH) return { kind: 'forged' };
    let id: string;
    try {
      // Signatures are compared in constant time. No other algorithm is accepted, "none" least of all.
      const { payload } = await jwtVerify(token, this.#secret, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        requiredClaims: ['exp', 'jti'],
        currentDate: new Date(this.#now()),
      });
      id = v.parse(claimsSchema, payload).jti;
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { kind: 'expired' };
      if (error instanceof errors.JOSEError) return { kind: 'forged' };
      throw error;
    }
    const record = this.#book.get(id);
    if (record === undefined) return { kind: 'forged' };
    if (record.revokedAt !== null) return { kind: 'revoked' };
    // A signature tells the time in whole seconds.
    if (record.expiresAt <= this.#now()) return { kind: 'expired' };
    return { kind: 'valid', record };
  }
}
