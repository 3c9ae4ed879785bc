import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { inTime } from '../cloud/patience.ts';
import { type ObjectStore, StoreError } from '../cloud/store/object-store.ts';
import type { Cover } from './make-cover.ts';

/**
 * Where the covers are: objects named by what is in them, so none ever changes, and whoever stores the same image again
 * stores the same object.
 */
export class CoverShelf {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** @throws StoreError */
  async put(database: string, { bytes, hash }: Pick<Cover, 'bytes' | 'hash'>): Promise<void> {
    const content = { kind: 'bytes', bytes } as const;
    await inTime(bytes.length, (signal) =>
      this.#store.put(keyOf(database, hash), content, { signal, metadata: { sha256: hash } }),
    );
  }

  /** Undefined where there is no such cover. @throws StoreError, `damaged` where it is not what was stored */
  async get(database: string, hash: string): Promise<Uint8Array | undefined> {
    const bytes = await inTime(0, async (signal) => {
      const object = await this.#store.get(keyOf(database, hash), { signal });
      return object && buffer(object.content);
    });
    if (bytes !== undefined && createHash('sha256').update(bytes).digest('hex') !== hash)
      throw new StoreError('damaged', `The cover ${hash} is not what was stored.`);
    return bytes;
  }
}

function keyOf(database: string, hash: string): string {
  return `${database}/covers/${hash}`;
}
