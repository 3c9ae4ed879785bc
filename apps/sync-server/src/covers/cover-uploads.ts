import type { CoverShelf } from './cover-shelf.ts';
import type { SentCover } from './decode-cover.ts';
import { type Cover, makeCover } from './make-cover.ts';
import { Turns } from './turns.ts';

/** What a row says of a cover, once it is stored. */
export type StoredCover = Pick<SentCover, 'isbn'> & Pick<Cover, 'hash' | 'width' | 'height'>;

const MOST_WAITING = 16;

/** Makes covers of images that came with commands, and stores them. */
export class CoverUploads {
  readonly #shelf: CoverShelf;
  /** Each takes the memory of a whole picture. */
  readonly #turns = new Turns(MOST_WAITING);

  constructor(shelf: CoverShelf) {
    this.#shelf = shelf;
  }

  /** @throws UnusableImageError, which is final; StoreError and TooManyWaitingError, which may pass. */
  async store(database: string, { isbn, image }: SentCover): Promise<StoredCover> {
    const cover = await this.#turns.take(() => makeCover(image));
    await this.#shelf.put(database, cover);
    return { isbn, hash: cover.hash, width: cover.width, height: cover.height };
  }
}
