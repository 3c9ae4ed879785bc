import { parseInput } from '@octavo/shop/define.ts';
import { ShopError } from '@octavo/shop/errors.ts';
import { coverPayload, MOST_COVER_BYTES } from '@octavo/shop/server-commands/wire.ts';

/** A cover as it was sent, the image's bytes unpacked and not looked at yet. */
export interface SentCover {
  isbn: string;
  image: Uint8Array<ArrayBuffer>;
}

/** The image has more bytes than a cover may have. */
export class ImageTooLargeError extends Error {
  override readonly name = 'ImageTooLargeError';
}

const BYTES_PER_MB = 1024 * 1024;

/** Reads the payload of a command that brings a cover. @throws ShopError `invalid-input`, ImageTooLargeError */
export function decodeCover(payload: unknown): SentCover {
  const { isbn, image } = parseInput(coverPayload, payload);
  const bytes = decode(image);
  if (bytes.length <= MOST_COVER_BYTES) return { isbn, image: bytes };
  throw new ImageTooLargeError(
    `This image has ${(bytes.length / BYTES_PER_MB).toFixed(1)} MB; a cover may have ${MOST_COVER_BYTES / BYTES_PER_MB} MB. Make it smaller.`,
  );
}

/** Node skips what is no base64, so what is too short was none. */
function decode(image: string): Uint8Array<ArrayBuffer> {
  const padding = image.endsWith('==') ? 2 : image.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(image, 'base64');
  if (bytes.length === Math.floor(((image.length - padding) * 3) / 4)) return bytes;
  const message = 'An image is sent as base64.';
  throw new ShopError('invalid-input', message, { issues: [{ path: 'image', message }] });
}
