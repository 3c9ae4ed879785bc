import type { Folder } from '../generations/folder.ts';
import { newestRecord, nextWrite, type SlotRecord } from '../generations/slots.ts';
import { parseOffer, type SnapshotOffer } from './snapshot-offer.ts';

const CONTENT = 'snapshot.gz';
const NOTE = 'snapshot.note';

/** The folder of a database, as far as a download needs it. */
export interface DownloadFolder extends Folder {
  /** A file that nobody has open; undefined where there is none. */
  file(name: string): Promise<Blob | undefined>;
}

/** What is there of a download. */
export interface StoredDownload {
  offer: SnapshotOffer;
  /** Bytes of it. */
  size: number;
  /** It turned out to be of no use: it is not to be fetched again. */
  refused: boolean;
}

/**
 * A download that outlives cuts, tabs and browsers: the compressed bytes that have come, and a note of which snapshot they
 * are. Bytes that a power cut has garbled are found by the hash, once all are there.
 */
export class DownloadStore {
  readonly #folder: DownloadFolder;
  #record: SlotRecord | undefined;
  #stored: StoredDownload | undefined;

  private constructor(folder: DownloadFolder) {
    this.#folder = folder;
  }

  static async read(folder: DownloadFolder): Promise<DownloadStore> {
    const store = new DownloadStore(folder);
    const note = await folder.read(NOTE);
    store.#record = note && newestRecord(note);
    const known = store.#record && parseNote(store.#record.text);
    if (known !== undefined) {
      const size = (await folder.file(CONTENT))?.size ?? 0;
      store.#stored = { ...known, size: Math.min(size, known.offer.bytes) };
    }
    return store;
  }

  /** Undefined where nothing is there. */
  get stored(): StoredDownload | undefined {
    return this.#stored;
  }

  /** What there was is of another snapshot. */
  async begin(offer: SnapshotOffer): Promise<void> {
    await this.#folder.remove(CONTENT);
    await this.#write({ offer, size: 0, refused: false });
  }

  async append(bytes: Uint8Array): Promise<void> {
    const stored = this.#stored;
    if (stored === undefined) throw new Error('Bytes came of a download that was not begun.');
    await this.#folder.write(CONTENT, stored.size, bytes);
    this.#stored = { ...stored, size: stored.size + bytes.length };
  }

  /** The bytes that are there. */
  async content(): Promise<Blob> {
    const file = await this.#folder.file(CONTENT);
    return file?.slice(0, this.#stored?.size ?? 0) ?? new Blob();
  }

  /** The bytes are of no use, and would not be if they came again. */
  async refuse(): Promise<void> {
    if (this.#stored !== undefined) await this.#write({ ...this.#stored, size: 0, refused: true });
    await this.#folder.remove(CONTENT);
  }

  /** There is nothing left to do with it. */
  async discard(): Promise<void> {
    this.#stored = undefined;
    for (const name of [NOTE, CONTENT]) await this.#folder.remove(name);
    this.#record = undefined;
  }

  async #write(stored: StoredDownload): Promise<void> {
    const { offer, refused } = stored;
    const { at, bytes, record } = nextWrite(this.#record, JSON.stringify({ offer, refused }));
    await this.#folder.write(NOTE, at, bytes);
    this.#record = record;
    this.#stored = stored;
  }
}

function parseNote(text: string): Omit<StoredDownload, 'size'> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const offer = parseOffer(Reflect.get(value, 'offer'));
    return offer && { offer, refused: Reflect.get(value, 'refused') === true };
  } catch {
    // The checksum was right, so some program wrote this; it is none of ours.
    return undefined;
  }
}
