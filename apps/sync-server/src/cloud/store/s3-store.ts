import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { segmentsOf, segmentsOfFolder } from './object-key.ts';
import type {
  FetchedObject,
  Metadata,
  ObjectContent,
  ObjectStore,
  ObjectSummary,
  StoreOptions,
} from './object-store.ts';
import { toStoreError } from './s3-failure.ts';

/** Up to this size an object is one request; beyond, it goes in parts of this size, two at a time. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 2;

/** Nobody waits for a store that does not take a connection, or is silent, for longer than that. */
const CONNECT_MS = 3_000;
const SILENCE_MS = 4_000;
/** One more try for what the network has swallowed; everything beyond is the caller's to decide. */
const ATTEMPTS = 2;

/** The character that follows `/` in the order of keys. */
const AFTER_SLASH = '0';

export interface S3Place {
  bucket: string;
  /** What all keys begin with: nothing, or a path that ends in `/`. */
  prefix: string;
  /** Undefined for Amazon's own. */
  endpoint: string | undefined;
  region: string;
}

/** Objects in a bucket of Amazon S3 or of anything that speaks like it. Credentials are the environment's (`AWS_*`). */
export class S3Store implements ObjectStore {
  readonly place: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #client: S3Client;

  constructor({ bucket, prefix, endpoint, region }: S3Place, more: Pick<S3ClientConfig, 'credentials'> = {}) {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.place = `s3://${bucket}/${prefix}${endpoint === undefined ? '' : ` at ${endpoint}`}`;
    this.#client = new S3Client({
      region,
      // Buckets of other servers than Amazon's rarely have names of their own in DNS.
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      maxAttempts: ATTEMPTS,
      // What is sent carries a checksum of our own choice.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        socketTimeout: SILENCE_MS,
        throwOnRequestTimeout: true,
      },
      ...more,
    });
  }

  async put(
    key: string,
    content: ObjectContent,
    { metadata, signal, onProgress }: StoreOptions & { metadata: Metadata },
  ): Promise<void> {
    const target = { Bucket: this.#bucket, Key: this.#keyOf(key), Metadata: { ...metadata } };
    try {
      if (content.kind === 'file' && content.bytes > PART_BYTES)
        await this.#putInParts(target, content.path, { signal, onProgress });
      else await this.#putAtOnce(target, await bytesOf(content), signal);
    } catch (error) {
      throw toStoreError(error, signal);
    }
  }

  async get(key: string, { signal }: StoreOptions): Promise<FetchedObject | undefined> {
    try {
      const { Body, ContentLength, Metadata } = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#bucket, Key: this.#keyOf(key) }),
        { abortSignal: signal },
      );
      if (!(Body instanceof Readable)) throw new Error('The store answered without an object.');
      return { bytes: ContentLength ?? 0, metadata: Metadata ?? {}, content: Body };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw toStoreError(error, signal);
    }
  }

  async *list(folder: string, { signal, onProgress }: StoreOptions): AsyncIterable<ObjectSummary> {
    const path = segmentsOfFolder(folder).map((segment) => `${segment}/`);
    const Prefix = this.#prefix + path.join('');
    const pages = paginateListObjectsV2(
      { client: this.#client },
      { Bucket: this.#bucket, Prefix },
      { abortSignal: signal },
    );
    try {
      for await (const { Contents = [] } of pages) {
        onProgress?.();
        for (const { Key = '', Size = 0, LastModified } of Contents)
          yield { key: Key.slice(this.#prefix.length), bytes: Size, storedAt: LastModified?.getTime() ?? 0 };
      }
    } catch (error) {
      throw toStoreError(error, signal);
    }
  }

  /** Past the last one of each page, to the first key of the next: not every server knows what a delimiter is. */
  async roots({ signal, onProgress }: StoreOptions): Promise<string[]> {
    const names = new Set<string>();
    try {
      for (let after: string | undefined; ;) {
        const { Contents = [], IsTruncated = false } = await this.#client.send(
          new ListObjectsV2Command({
            ...{ Bucket: this.#bucket, Prefix: this.#prefix },
            ...(after !== undefined && { StartAfter: after }),
          }),
          { abortSignal: signal },
        );
        onProgress?.();
        for (const { Key = '' } of Contents) {
          const [name = ''] = Key.slice(this.#prefix.length).split('/');
          names.add(name);
          after = this.#prefix + name + AFTER_SLASH;
        }
        if (!IsTruncated) return [...names];
      }
    } catch (error) {
      throw toStoreError(error, signal);
    }
  }

  async remove(key: string, { signal }: StoreOptions): Promise<void> {
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: this.#keyOf(key) }), {
        abortSignal: signal,
      });
    } catch (error) {
      throw toStoreError(error, signal);
    }
  }

  /** A rule of the bucket does that: see `docs/operating.md`. */
  removeLeftovers(): Promise<void> {
    return Promise.resolve();
  }

  async #putAtOnce(target: Target, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const ChecksumSHA256 = createHash('sha256').update(bytes).digest('base64');
    await this.#client.send(new PutObjectCommand({ ...target, Body: bytes, ChecksumSHA256 }), {
      abortSignal: signal,
    });
  }

  /** Nothing is there before the last part is; parts of an upload that fails are given up. */
  async #putInParts(target: Target, path: string, { signal, onProgress }: StoreOptions): Promise<void> {
    const abortController = new AbortController();
    const abort = () => abortController.abort();
    signal.throwIfAborted();
    signal.addEventListener('abort', abort);
    try {
      const upload = new Upload({
        client: this.#client,
        params: { ...target, Body: createReadStream(path), ChecksumAlgorithm: 'SHA256' },
        partSize: PART_BYTES,
        queueSize: PARTS_AT_ONCE,
        abortController,
      });
      // Within a part the client says nothing, but gives up itself what does not move for a while.
      const wait = (): void => onProgress?.(PARTS_AT_ONCE * PART_BYTES);
      upload.on('httpUploadProgress', wait);
      wait();
      await upload.done();
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #keyOf(key: string): string {
    return this.#prefix + segmentsOf(key).join('/');
  }
}

interface Target {
  Bucket: string;
  Key: string;
  Metadata: Record<string, string>;
}

async function bytesOf(content: ObjectContent): Promise<Uint8Array> {
  switch (content.kind) {
    case 'bytes':
      return content.bytes;
    case 'file':
      return readFile(content.path);
  }
}
