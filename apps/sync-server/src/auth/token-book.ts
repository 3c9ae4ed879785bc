import { open, readFile, rename } from 'node:fs/promises';
import * as v from 'valibot';
import { roles } from './roles.ts';

/** Expired tokens stay listed for so long, for whoever wonders why somebody cannot sign in. */
const KEPT_AFTER_EXPIRY_MS = 90 * 24 * 60 * 60_000;

export const recordSchema = v.object({
  id: v.string(),
  /** For whom it was made, in words. */
  name: v.string(),
  role: v.picklist(roles),
  /** Patterns of the databases that it is for. */
  databases: v.array(v.string()),
  /** Wall-clock ms. */
  createdAt: v.number(),
  expiresAt: v.number(),
  revokedAt: v.nullable(v.number()),
});

/** A token that was issued: everything about it but the token itself. */
export type TokenRecord = v.InferOutput<typeof recordSchema>;

/** The list of issued tokens cannot be read: without it nobody knows which of them were revoked. */
export class TokenBookError extends Error {
  override readonly name = 'TokenBookError';
}

/**
 * The tokens that were issued and those that were revoked, in one file of the data folder. Only what is listed and not
 * revoked is valid: whoever learns the key alone cannot make a token.
 */
export class TokenBook {
  readonly #path: string;
  #records: Map<string, TokenRecord>;
  #lastWrite: Promise<unknown> = Promise.resolve();

  private constructor(path: string, records: readonly TokenRecord[]) {
    this.#path = path;
    this.#records = new Map(records.map((record) => [record.id, record]));
  }

  /** @throws TokenBookError */
  static async load(path: string): Promise<TokenBook> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        return new TokenBook(path, []);
      throw error;
    }
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.array(recordSchema)), text);
    if (parsed.success) return new TokenBook(path, parsed.output);
    throw new TokenBookError(
      `${path} cannot be read. Restore it, or delete it: then no token is valid any more and new ones have to be made.`,
    );
  }

  get(id: string): TokenRecord | undefined {
    return this.#records.get(id);
  }

  /** The oldest first. */
  list(): TokenRecord[] {
    return [...this.#records.values()];
  }

  /** Adds a token or replaces what is known of it. In force at once; settles when it is on disk. */
  async put(record: TokenRecord, now: number): Promise<void> {
    for (const { id, expiresAt } of this.list()) {
      if (expiresAt + KEPT_AFTER_EXPIRY_MS < now) this.#records.delete(id);
    }
    this.#records.set(record.id, record);
    await this.#write();
  }

  /** One after another: each writes everything. */
  #write(): Promise<void> {
    const write = Promise.allSettled([this.#lastWrite]).then(async () => {
      const file = await open(`${this.#path}.new`, 'w', 0o600);
      try {
        await file.writeFile(`${JSON.stringify(this.list(), undefined, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${this.#path}.new`, this.#path);
    });
    this.#lastWrite = write;
    return write;
  }
}
