import { sha256 } from '@noble/hashes/sha2.js';
import type { Folder } from '../generations/folder.ts';

/** So much is written at once: each time the file is opened, and what was written is on the disk afterwards. */
const WRITE_BYTES = 4 * 1024 * 1024;

/** What came out of a compressed file. */
export interface Unpacked {
  /** Of the compressed bytes, in hexadecimal. */
  sha256: string;
  /** Of what was in them. */
  bytes: number;
}

/** Decompresses a file while it comes, into another one, and hashes it on the way. */
export class Unpacker {
  readonly #hash = sha256.create();
  readonly #gunzip = new DecompressionStream('gzip');
  readonly #writer = this.#gunzip.writable.getWriter();
  readonly #written: Promise<number>;
  #taken = 0;

  /** Replaces the file `target`, which nobody may have open. */
  constructor(folder: Folder, target: string) {
    this.#written = write(this.#gunzip.readable, folder, target);
    // Told by write() and finish().
    this.#written.catch(() => undefined);
  }

  /** Compressed bytes so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes the next bytes. Throws what decompressing and writing throw. */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#hash.update(bytes);
    await this.#orWhy(this.#writer.write(bytes));
    this.#taken += bytes.length;
  }

  /** All bytes have come. Throws what decompressing and writing throw. */
  async finish(): Promise<Unpacked> {
    await this.#orWhy(this.#writer.close());
    const bytes = await this.#written;
    return { sha256: toHex(this.#hash.digest()), bytes };
  }

  /** Resolves when nothing is written any more. */
  async abort(): Promise<void> {
    await this.#writer.abort().catch(() => undefined);
    await this.#written.catch(() => undefined);
  }

  /** Where the other end has failed, the writer only says that it is over. */
  async #orWhy(step: Promise<void>): Promise<void> {
    try {
      await step;
    } catch (error) {
      await this.#written;
      throw error;
    }
  }
}

/** Returns how many bytes there were. */
async function write(from: ReadableStream<Uint8Array>, folder: Folder, target: string): Promise<number> {
  await folder.remove(target);
  const buffer = new Uint8Array(WRITE_BYTES);
  let at = 0;
  let filled = 0;
  const flush = async () => {
    await folder.write(target, at, buffer.subarray(0, filled));
    at += filled;
    filled = 0;
  };
  for await (const chunk of from) {
    for (let rest = chunk; rest.length > 0;) {
      const part = rest.subarray(0, buffer.length - filled);
      buffer.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
      if (filled === buffer.length) await flush();
    }
  }
  await flush();
  return at;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
