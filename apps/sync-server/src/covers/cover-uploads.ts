import { ShopError } from '@octavo/shop/errors.ts';
import { parseInput } from '@octavo/shop/define.ts';
import { coverPayload, MOST_COVER_BYTES } from '@octavo/shop/server-commands/wire.ts';
import type { CoverShelf } from './cover-shelf.ts';
import { makeCover } from './make-cover.ts';
import { Turns } from './turns.ts';

/** What becomes of the payload once the image is stored. */
export interface StoredCover {
  isbn: string;
  hash: string;
  width: number;
  height: number;
}

/** The image has more bytes than a cover may have. */
export class ImageTooLargeError extends Error {
  override readonly name = 'ImageTooLargeError';
}

const MOST_WAITING = 16;
const BYTES_PER_MB = 1024 * 1024;

/** Makes covers of images that came with commands, and stores them. */
export class CoverUploads {
  readonly #shelf: CoverShelf;
  /** Each takes the memory of a whole picture. */
  readonly #turns = new Turns(MOST_WAITING);

  constructor(shelf: CoverShelf) {
    this.#shelf = shelf;
  }

  /**
   * @throws ShopError `invalid-input`, ImageTooLargeError, UnusableImageError, which are final; StoreError and
   * TooManyWaitingError, which may pass.
   */
  async store(database: string, payload: unknown): Promise<StoredCover> {
    const { isbn, image } = parseInput(coverPayload, payload);
    const bytes = decode(image);
    if (bytes.length > MOST_COVER_BYTES) {
      throw new ImageTooLargeError(
        `This image has ${(bytes.length / BYTES_PER_MB).toFixed(1)} MB; a cover may have ${MOST_COVER_BYTES / BYTES_PER_MB} MB. Make it smaller.`,
      );
    }
    const cover = await this.#turns.take(() => makeCover(bytes));
    await this.#shelf.put(database, cover);
    return { isbn, hash: cover.hash, width: cover.width, height: cover.height };
  }
}

/** Node skips what is no base64, so what is too short was none. */
function decode(image: string): Uint8Array {
  const padding = image.endsWith('==') ? 2 : image.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(image, 'base64');
  if (bytes.length === Math.floor(((image.length - padding) * 3) / 4)) return bytes;
  const message = 'An image is sent as base64.';
  throw new ShopError('invalid-input', message, { issues: [{ path: 'image', message }] });
}
