import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type FetchedObject, type ObjectStore, StoreError, type StoreOptions } from './store/object-store.ts';

/** A part of a log, as it was stored. @throws StoreError `damaged` when it is not what was stored, or is not there */
export async function fetchPart(store: ObjectStore, key: string, options: StoreOptions): Promise<Buffer> {
  const object = await getObject(store, key, options);
  const bytes = await buffer(object.content);
  checkHash(key, object, createHash('sha256').update(bytes).digest('hex'));
  return bytes;
}

/**
 * Writes a copy of a file, as it was before it was compressed, to a path. `onBytes` hears of every piece that has come.
 * @throws StoreError `damaged` when it is not what was stored, or is not there
 */
export async function fetchFile(
  store: ObjectStore,
  key: string,
  path: string,
  { signal, onProgress, onBytes = () => undefined }: StoreOptions & { onBytes?: (bytes: number) => void },
): Promise<void> {
  const object = await getObject(store, key, { signal, onProgress });
  const hash = createHash('sha256');
  let received = 0;
  try {
    await pipeline(
      object.content,
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          hash.update(piece);
          received += piece.length;
          onBytes(piece.length);
          onProgress?.();
          yield piece;
        }
      },
      createGunzip(),
      createWriteStream(path, { flush: true }),
      { signal },
    );
  } catch (error) {
    throw isOfZlib(error)
      ? new StoreError('damaged', `What came of ${key} cannot be unpacked.`, { cause: error })
      : error;
  }
  if (received !== object.bytes)
    throw new StoreError('damaged', `${received} of ${object.bytes} bytes came of ${key}.`);
  checkHash(key, object, hash.digest('hex'));
}

async function getObject(store: ObjectStore, key: string, options: StoreOptions): Promise<FetchedObject> {
  const object = await store.get(key, options);
  if (object === undefined) throw new StoreError('damaged', `${key} is not in ${store.place} any more.`);
  return object;
}

function isOfZlib(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
  );
}

function checkHash(key: string, { metadata }: FetchedObject, sha256: string): void {
  if (metadata['sha256'] !== sha256)
    throw new StoreError('damaged', `What came of ${key} is not what was stored.`);
}
