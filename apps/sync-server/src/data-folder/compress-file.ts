import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/**
 * Of 52 MB, level 1 makes 14.9 MB in 0.6 s and level 6 13.7 MB in 2.6 s: whoever asks first waits for it, and on most
 * lines the eight percent come faster than that.
 */
const COMPRESSION_LEVEL = 1;
const CHUNK_BYTES = 256 * 1024;

/** Compresses a file into another, which is on the disk when it returns. Returns the other's SHA-256, hexadecimal. */
export async function compressFile(plain: string, target: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(
    createReadStream(plain, { highWaterMark: CHUNK_BYTES }),
    createGzip({ level: COMPRESSION_LEVEL, chunkSize: CHUNK_BYTES }),
    async function* (compressed: AsyncIterable<Buffer>) {
      for await (const chunk of compressed) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(target, { flush: true }),
  );
  return hash.digest('hex');
}
