import { readAnswer, type SnapshotAnswer } from './snapshot-answer.ts';
import { SnapshotFailure } from './snapshot-failure.ts';
import type { SnapshotOffer } from './snapshot-offer.ts';
import { snapshotHeaders } from './snapshot-request.ts';
import type { DownloadFolder, DownloadStore } from './stored-download.ts';
import { Unpacker } from './unpack.ts';

/** So much is stored at once, and lost at most when the browser is killed. */
const STORE_BYTES = 256 * 1024;
/** So much may wait in memory to be unpacked. */
const BEHIND_BYTES = 8 * 1024 * 1024;
/** A snapshot has to be made first, which takes a large shop's server a while. */
const ANSWER_LIMIT_MS = 60_000;
/** Then something comes all the time, or the connection is none. */
const SILENCE_LIMIT_MS = 15_000;

export interface SnapshotFetch {
  address: URL;
  token: string | undefined;
  folder: DownloadFolder;
  store: DownloadStore;
  /** The file that is filled; nobody may have it open. */
  target: string;
  /** Ends it; what has come is kept. */
  signal: AbortSignal;
  /** Whether to go on once it is known what is to come. */
  isWanted: (offer: SnapshotOffer, bytesToCome: number) => boolean;
  /** Of the compressed file, how much is unpacked. */
  onProgress: (unpacked: number, offer: SnapshotOffer) => void;
  fetch: typeof fetch;
}

/**
 * Fills a file from the server's snapshot, going on with an earlier download where there is one. The bytes are checked
 * against the server's hash before it returns. Throws {@link SnapshotFailure}, and what writing throws, such as for want
 * of room.
 */
export async function fetchSnapshot(options: SnapshotFetch): Promise<void> {
  const { address, token, store, signal, isWanted, onProgress } = options;
  const silence = new Silence(signal);
  try {
    silence.allow(ANSWER_LIMIT_MS);
    const headers = snapshotHeaders(token, store.stored);
    const response = await orCut(
      options.fetch(address, { headers, cache: 'no-store', signal: silence.signal }),
    );
    const answer = await readOrRefuse(response, store);
    const stored = answer.kind === 'begins' ? 0 : (store.stored?.size ?? 0);
    if (!isWanted(answer.offer, answer.offer.bytes - stored)) {
      await response.body?.cancel();
      throw new SnapshotFailure('unsuitable', 'Streaming is quicker.');
    }
    if (answer.kind === 'begins') await store.begin(answer.offer);
    onProgress(0, answer.offer);
    await receive(options, answer, answer.kind === 'complete' ? null : response.body, silence);
  } finally {
    silence.end();
  }
}

async function readOrRefuse(response: Response, store: DownloadStore): Promise<SnapshotAnswer> {
  try {
    return readAnswer(response, store.stored);
  } catch (error) {
    await response.body?.cancel();
    if (error instanceof SnapshotFailure && error.code === 'damaged') await store.refuse();
    throw error;
  }
}

/**
 * Stores what comes, feeds it to the unpacker after what was stored before, and checks the result. Storing does not wait
 * for unpacking, which is slower than some lines: what a cut finds on the way would come again.
 */
async function receive(
  { folder, store, target, onProgress }: SnapshotFetch,
  { offer }: SnapshotAnswer,
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  silence: Silence,
): Promise<void> {
  const unpacker = new Unpacker(folder, target);
  const feed = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    silence.allow(SILENCE_LIMIT_MS);
    await orDamaged(unpacker.write(bytes));
    onProgress(unpacker.taken, offer);
  };
  const feeding = new Behind();
  try {
    // Before anything is added: a file that changes cannot be read on.
    for await (const bytes of chunks((await store.content()).stream(), silence)) await feed(bytes);
    if (body !== null) {
      for await (const bytes of chunks(body, silence)) {
        await store.append(bytes);
        await feeding.add(bytes.length, () => feed(bytes));
      }
    }
    if (store.stored?.size !== offer.bytes)
      throw new SnapshotFailure('cut', 'The connection ended before the snapshot did.');
    await feeding.end();
    const { sha256, bytes } = await orDamaged(unpacker.finish());
    if (sha256 !== offer.sha256 || bytes !== offer.databaseBytes)
      throw new SnapshotFailure('damaged', 'The snapshot is not what the server announced.');
  } catch (error) {
    await unpacker.abort();
    if (error instanceof SnapshotFailure && error.code === 'damaged') await store.refuse();
    throw error;
  }
}

/** Work that is done in its order behind the one who gives it, up to some bytes behind. */
class Behind {
  #work: Promise<void> = Promise.resolve();
  #bytes = 0;

  /** Waits where too much is waiting. Throws what any of the work has thrown. */
  async add(bytes: number, work: () => Promise<void>): Promise<void> {
    this.#bytes += bytes;
    const done = this.#work.then(work).then(() => void (this.#bytes -= bytes));
    // Told here or in the end.
    done.catch(() => undefined);
    this.#work = done;
    if (this.#bytes > BEHIND_BYTES) await done;
  }

  end(): Promise<void> {
    return this.#work;
  }
}

/** The bytes of a stream in pieces of a good size. What has come before a cut is a piece as well. */
async function* chunks(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  silence: Silence,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    for (;;) {
      silence.allow(SILENCE_LIMIT_MS);
      const next = await orCut(reader.read()).catch((cut: unknown) => ({ cut }));
      const over = 'cut' in next || next.done;
      if (!over) {
        waiting.push(next.value);
        size += next.value.length;
        if (size < STORE_BYTES) continue;
      }
      const bytes = joined(waiting, size);
      for (let at = 0; at < size; at += STORE_BYTES) yield bytes.subarray(at, at + STORE_BYTES);
      waiting = [];
      size = 0;
      if ('cut' in next) throw next.cut;
      if (over) return;
    }
  } finally {
    // After its end or a cut there is nothing to cancel, and cancelling says so.
    await reader.cancel().catch(() => undefined);
  }
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What the network throws: it does not say more than that it failed. */
async function orCut<Result>(step: Promise<Result>): Promise<Result> {
  try {
    return await step;
  } catch (cause) {
    throw new SnapshotFailure('cut', 'The connection was lost while the snapshot came.', { cause });
  }
}

/** What decompressing throws is a TypeError; what writing throws is told by its own name. */
async function orDamaged<Result>(step: Promise<Result>): Promise<Result> {
  try {
    return await step;
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new SnapshotFailure('damaged', 'The snapshot cannot be decompressed.', { cause });
  }
}

/** Ends what does not get on, and what nobody wants any more. */
class Silence {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#controller.signal]);
  }

  allow(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), milliseconds);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
