import { createHash, randomBytes } from 'node:crypto';

const CODE_BYTES = 24;
/** Long enough to walk over to the till, short enough not to matter in a scroll-back. */
export const CODE_LIFETIME_MS = 15 * 60_000;
/** Codes that wait at a time: the oldest gives way. */
const MAX_CODES = 100;

/**
 * Codes that are exchanged for something once and soon: what is printed, shown or sent is worthless afterwards. Kept in
 * memory only, and only as hashes, which also takes the secret out of the comparison.
 */
export class SignInCodes<Worth> {
  readonly #waiting = new Map<string, { worth: Worth; until: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => Date.now()) {
    this.#now = now;
  }

  /** Makes a code for something. */
  issue(worth: Worth): string {
    const code = randomBytes(CODE_BYTES).toString('base64url');
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size >= MAX_CODES && oldest !== undefined) this.#waiting.delete(oldest);
    this.#waiting.set(hashOf(code), { worth, until: this.#now() + CODE_LIFETIME_MS });
    return code;
  }

  /** What a code is for, once; undefined for what is no code, was used, or is too old. */
  redeem(code: string): Worth | undefined {
    const hash = hashOf(code);
    const found = this.#waiting.get(hash);
    this.#waiting.delete(hash);
    return found === undefined || found.until < this.#now() ? undefined : found.worth;
  }
}

function hashOf(code: string): string {
  return createHash('sha256').update(code).digest('hex');
}
