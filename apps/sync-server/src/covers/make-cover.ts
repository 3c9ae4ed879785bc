import { createHash } from 'node:crypto';
import type Sharp from 'sharp';
import { imageKindOf } from './image-kind.ts';

/** An image as it is stored and given out. */
export interface Cover {
  bytes: Uint8Array;
  /** SHA-256 of the bytes, hexadecimal: the name under which they are stored. */
  hash: string;
  /** In pixels. */
  width: number;
  height: number;
}

/** Covers are stored and given out as this. */
export const COVER_TYPE = 'image/webp';

/** Room enough for a screen of high density, and no more. */
const LARGEST_SIDES = { width: 800, height: 1200 };
const QUALITY = 80;
/** What a camera makes is less; what claims to be more is there to fill the memory. */
const MOST_PIXELS = 50_000_000;
const MOST_SECONDS = 20;

/** These bytes are no image that can become a cover, now or later. The message is for people. */
export class UnusableImageError extends Error {
  override readonly name = 'UnusableImageError';
  readonly code: 'not-an-image' | 'image-damaged' | 'image-too-many-pixels';

  constructor(code: UnusableImageError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

let loaded: Promise<typeof Sharp> | undefined;

/** Loaded when the first image comes: a server that is asked for none does without its memory, and without it at all. */
function loadSharp(): Promise<typeof Sharp> {
  loaded ??= import('sharp').then(({ default: sharp }) => {
    // Nothing but these three is ever decoded, whatever a file claims to be: least of all what contains scripts or
    // names other files, as SVG does.
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({
      operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'],
    });
    // One image at a time is all that is ever decoded; a cache would keep what nobody asks for twice.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loaded;
}

/**
 * Decodes an image and makes a cover of it: turned upright, of bounded size, without anything that came along with the
 * picture, such as where it was taken. Works in threads of its own, not in the event loop.
 * @throws UnusableImageError
 */
export async function makeCover(image: Uint8Array): Promise<Cover> {
  if (imageKindOf(image) === undefined) {
    throw new UnusableImageError(
      'not-an-image',
      'This is no image that can be a cover: it must be a JPEG, a PNG or a WebP, whatever its name says.',
    );
  }
  const sharp = await loadSharp();
  await checkPixels(sharp, image);
  try {
    const { data, info } = await sharp(image, { limitInputPixels: MOST_PIXELS, failOn: 'error' })
      .timeout({ seconds: MOST_SECONDS })
      .autoOrient()
      .resize({ ...LARGEST_SIDES, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: QUALITY })
      .toBuffer({ resolveWithObject: true });
    const hash = createHash('sha256').update(data).digest('hex');
    return { bytes: data, hash, width: info.width, height: info.height };
  } catch (cause) {
    throw damaged(cause);
  }
}

/** From its header alone, before anything is unpacked. */
async function checkPixels(sharp: typeof Sharp, image: Uint8Array): Promise<void> {
  // The limit is below; with it, the library's own message would be all that is known.
  const { width, height } = await sharp(image, { limitInputPixels: false })
    .metadata()
    .catch((cause: unknown) => {
      throw damaged(cause);
    });
  if (width * height <= MOST_PIXELS) return;
  throw new UnusableImageError(
    'image-too-many-pixels',
    `This image has ${width} × ${height} pixels; a cover may have ${MOST_PIXELS / 1_000_000} million. Make it smaller.`,
  );
}

function damaged(cause: unknown): UnusableImageError {
  return new UnusableImageError(
    'image-damaged',
    'This image is damaged or incomplete, it cannot be read. Take another one.',
    { cause },
  );
}
