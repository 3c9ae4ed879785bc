import { deflateSync } from 'node:zlib';
import { PNG_SIGNATURE, pngChunk } from './small-png.ts';

/** How wide a stripe is, pixels. */
const STRIPE = 60;

/** A picture as a PNG file: stripes. Not compressed, it has three bytes for each pixel. */
function stripes(width: number, height: number, level: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits for each of three colours.
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.alloc(1 + width * 3);
  for (let x = 0; x < width; x += 1)
    row.set(Math.floor(x / STRIPE) % 2 === 0 ? [180, 40, 40] : [240, 230, 200], 1 + x * 3);
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.concat(Array<Buffer>(height).fill(row)), { level })),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

const file = (name: string, mimeType: string, buffer: Buffer) => ({ name, mimeType, buffer });

/** The cover of a book, as somebody has cut it out. */
export const coverPicture = file('cover.png', 'image/png', stripes(300, 450, 9));

/** More than 6 MB, as cameras make them. */
export const hugePicture = file('camera.png', 'image/png', stripes(1_500, 1_500, 0));

/** Begins like a picture, and is larger than what is kept as it is; nobody can look into it. */
export const unreadablePicture = file(
  'poster.png',
  'image/png',
  Buffer.concat([PNG_SIGNATURE, Buffer.alloc(1_000_000)]),
);

export const textNamedJpg = file('holiday.jpg', 'image/jpeg', Buffer.from('This is a text.'));

export const svgWithScript = file(
  'logo.svg',
  'image/svg+xml',
  Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
);
