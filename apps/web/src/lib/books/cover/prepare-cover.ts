import { MOST_COVER_BYTES } from '@octavo/shop/server-commands/wire.ts';
import { HEAD_BYTES, type ImageKind, imageKind } from './image-kind.ts';

/** What is larger is scaled down before it is sent: it would be kept here, and sent, for nothing. */
export const SMALL_COVER_BYTES = 512 * 1024;
/** Of the longer side, pixels. */
const SMALL_COVER_SIDE = 1_200;
const QUALITIES = [0.86, 0.7, 0.5];

/** A picture somebody has chosen, as far as it can be used. */
export type PreparedCover =
  | { kind: 'ready'; image: Blob }
  /** It could not be made smaller here. The server takes it all the same where `sendable`. */
  | { kind: 'too-large'; image: Blob; sendable: boolean }
  | { kind: 'unusable'; message: string };

/** Looks into a picture and scales it down where it is large. */
export async function prepareCover(file: Blob): Promise<PreparedCover> {
  const kind = imageKind(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
  if (kind === undefined) return unusable('This is not a picture. Choose a JPEG, PNG or WebP file.');
  const taken = kind !== 'other-picture';
  const picture = await decode(file);
  if (picture === undefined) return undecodable(file, kind);
  try {
    if (taken && file.size <= SMALL_COVER_BYTES) return { kind: 'ready', image: file };
    const image = await scaleDown(picture);
    if (image !== undefined) return { kind: 'ready', image };
    return taken
      ? { kind: 'too-large', image: file, sendable: file.size <= MOST_COVER_BYTES }
      : unusable('This picture could not be read. Choose a JPEG, PNG or WebP file.');
  } finally {
    picture.close();
  }
}

function undecodable(file: Blob, kind: ImageKind): PreparedCover {
  if (file.size > SMALL_COVER_BYTES && kind !== 'other-picture') {
    // It may be more than this device can hold in its memory at once.
    return { kind: 'too-large', image: file, sendable: file.size <= MOST_COVER_BYTES };
  }
  return unusable(
    'This picture cannot be read: it is damaged, or of a kind that this browser does not know.',
  );
}

async function scaleDown(picture: ImageBitmap): Promise<Blob | undefined> {
  const scale = Math.min(1, SMALL_COVER_SIDE / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(picture.width * scale)),
    Math.max(1, Math.round(picture.height * scale)),
  );
  const context = canvas.getContext('2d');
  if (context === null) return undefined;
  // What is transparent would be black.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  for (const quality of QUALITIES) {
    const image = await canvas.convertToBlob({ type: 'image/jpeg', quality });
    if (image.type === 'image/jpeg' && image.size <= SMALL_COVER_BYTES) return image;
  }
  return undefined;
}

async function decode(file: Blob): Promise<ImageBitmap | undefined> {
  try {
    return await createImageBitmap(file);
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

function unusable(message: string): PreparedCover {
  return { kind: 'unusable', message };
}

/** As base64, as commands carry it. */
export async function toBase64(image: Blob): Promise<string> {
  const reader = new FileReader();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  reader.addEventListener('load', () => resolve(typeof reader.result === 'string' ? reader.result : ''));
  reader.addEventListener('error', () => reject(reader.error ?? new Error('The picture could not be read.')));
  reader.readAsDataURL(image);
  const address = await promise;
  return address.slice(address.indexOf(',') + 1);
}
