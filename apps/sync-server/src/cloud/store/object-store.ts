import type { Readable } from 'node:stream';

/** What an object is made of: bytes at hand, or a file of which it is a copy. */
export type ObjectContent =
  { kind: 'bytes'; bytes: Uint8Array } | { kind: 'file'; path: string; bytes: number };

/** Short texts that lie beside an object, by names of lower-case letters and hyphens. */
export type Metadata = Readonly<Record<string, string>>;

export interface ObjectSummary {
  key: string;
  bytes: number;
  /** When the store had all of it, by its own clock, ms. */
  storedAt: number;
}

/** An object on its way from the store. */
export interface FetchedObject {
  bytes: number;
  metadata: Metadata;
  /** Fails with a StoreError when the rest does not come. */
  content: Readable;
}

/** It goes on. Until the next such sign so many bytes may be on their way; none where it is due soon. */
export type OnProgress = (bytes?: number) => void;

export interface StoreOptions {
  /** Ends what is under way; it then fails with the signal's reason. */
  signal: AbortSignal;
  /** Hears of every sign that what is under way goes on. */
  onProgress?: OnProgress | undefined;
}

/**
 * Where copies of databases lie, outside the server's disk. Objects are written once and never changed, whoever writes
 * them: keys are never used again. All methods throw a StoreError when the store fails.
 */
export interface ObjectStore {
  /** Where it is, in words without secrets. */
  readonly place: string;
  /** Stores an object and has what arrived compared with its SHA-256. When it fails, there is nothing under the key. */
  put(key: string, content: ObjectContent, options: StoreOptions & { metadata: Metadata }): Promise<void>;
  /** Undefined when there is no such object. */
  get(key: string, options: StoreOptions): Promise<FetchedObject | undefined>;
  /** Every object whose key begins with a path that ends in `/`, in the order of their keys. */
  list(folder: string, options: StoreOptions): AsyncIterable<ObjectSummary>;
  /** What keys begin with, up to their first `/`, in any order. Takes no longer where there are many keys. */
  roots(options: StoreOptions): Promise<string[]>;
  /** Removes an object, if it is there. */
  remove(key: string, options: StoreOptions): Promise<void>;
  /**
   * Removes what uploads into a folder of keys have left that ended in the middle, before a moment by the store's clock, ms.
   * Stores that do that by themselves do nothing.
   */
  removeLeftovers(folder: string, before: number, options: StoreOptions): Promise<void>;
}

export type StoreFailure =
  /** Nobody answers there. */
  | 'unreachable'
  /** It does not answer, or does not go on. */
  | 'silent'
  /** The credentials are not enough, or there is no such bucket. */
  | 'refused'
  | 'full'
  /** What arrived is not what was sent, in either direction. */
  | 'damaged'
  /** It says that it failed. */
  | 'failed';

/** The store did not do what it was asked for. The message says what happened. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly failure: StoreFailure;

  constructor(failure: StoreFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
