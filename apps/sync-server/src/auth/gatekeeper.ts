import { createHash, timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import type { FailedAttempts } from './failed-attempts.ts';
import type { Principal } from './principal.ts';
import type { Tokens } from './tokens.ts';

/** What came of presenting credentials, or none. */
export type Admission =
  | { admitted: true; principal: Principal }
  /** `reason` is for programs, `message` for people. */
  | { admitted: false; reason: 'unauthorized'; message: string }
  | { admitted: false; reason: 'too-many-attempts'; message: string; waitMs: number };

export interface GatekeeperOptions {
  /** Whether anything is asked for. */
  auth: 'none' | 'tokens';
  tokens: Tokens;
  /** What the command line shows, which has read it in the data folder. */
  operatorKey: string;
  attempts: FailedAttempts;
  logger: Logger;
}

/** Finds out on whose behalf something is asked, wherever it comes in. */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #operatorHash: Buffer;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
    this.#operatorHash = hashOf(options.operatorKey);
  }

  /** Whether somebody without credentials may do anything. */
  get open(): boolean {
    return this.#options.auth === 'none';
  }

  async admit(credentials: string | undefined, address: string): Promise<Admission> {
    const { tokens, attempts, logger } = this.#options;
    if (credentials === undefined || credentials === '') {
      if (this.open) return { admitted: true, principal: { kind: 'anybody' } };
      return unauthorized('A token is needed. Ask whoever looks after the server for one.');
    }
    if (this.#isOperator(credentials)) return { admitted: true, principal: { kind: 'operator' } };
    // What a browser still has stored says nothing where nothing is asked.
    if (this.open) return { admitted: true, principal: { kind: 'anybody' } };

    const waitMs = attempts.waitOf(address);
    if (waitMs > 0) {
      const message = `Too many wrong tokens came from this address. Wait ${Math.ceil(waitMs / 1000)} seconds.`;
      return { admitted: false, reason: 'too-many-attempts', message, waitMs };
    }
    const verdict = await tokens.verify(credentials);
    switch (verdict.kind) {
      case 'valid': {
        const { id, role, databases, expiresAt } = verdict.record;
        return { admitted: true, principal: { kind: 'token', id, role, databases, expiresAt } };
      }
      case 'expired':
        return unauthorized('The token has expired. Ask whoever looks after the server for a new one.');
      case 'revoked':
        return unauthorized('The token has been revoked. Ask whoever looks after the server for a new one.');
      case 'forged':
        attempts.add(address);
        logger.warn({ address }, 'a token that is none was shown');
        return unauthorized('This is not a token of this server. Check that it was copied completely.');
    }
  }

  /** Whether somebody who was admitted still would be. */
  stillAdmits(principal: Principal): boolean {
    return principal.kind !== 'token' || this.#options.tokens.isInForce(principal.id);
  }

  #isOperator(credentials: string): boolean {
    return timingSafeEqual(hashOf(credentials), this.#operatorHash);
  }
}

function unauthorized(message: string): Admission {
  return { admitted: false, reason: 'unauthorized', message };
}

/** Of one length, so that comparing tells nothing. */
function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
