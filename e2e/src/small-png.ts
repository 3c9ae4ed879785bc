import { crc32, deflateSync } from 'node:zlib';
import type { Page } from '@playwright/test';

export const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const PALETTE_COLOURS = 256;

interface IndexedPicture {
  width: number;
  height: number;
  /** Three bytes for each colour. */
  palette: number[];
  /** One byte for each pixel, in base64. */
  pixels: string;
}

/**
 * The same picture in 256 of its colours, a third of the size. What screens show has few colours
 * besides the shades at the edges of letters. The page decodes it; it may be any page.
 */
export async function smallPng(page: Page, png: Buffer): Promise<Buffer> {
  const { width, height, palette, pixels } = await page.evaluate(indexColours, {
    source: `data:image/png;base64,${png.toString('base64')}`,
    colours: PALETTE_COLOURS,
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits per pixel, each a place in the palette.
  header.set([8, 3, 0, 0, 0], 8);
  const indexes = Buffer.from(pixels, 'base64');
  const rows: Buffer[] = [];
  for (let row = 0; row < height; row += 1)
    rows.push(Buffer.from([0]), indexes.subarray(row * width, (row + 1) * width));
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('PLTE', Buffer.from(palette)),
    pngChunk('IDAT', deflateSync(Buffer.concat(rows), { level: 9 })),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A piece of a PNG file. */
export function pngChunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

/** Runs in the page. */
async function indexColours({
  source,
  colours,
}: {
  source: string;
  colours: number;
}): Promise<IndexedPicture> {
  const image = new Image();
  image.src = source;
  await image.decode();
  const { naturalWidth: width, naturalHeight: height } = image;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('This page cannot draw.');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const at = (offset: number) => data[offset] ?? 0;
  const colourAt = (offset: number) => at(offset) * 65_536 + at(offset + 1) * 256 + at(offset + 2);

  const counts = new Map<number, number>();
  for (let offset = 0; offset < data.length; offset += 4)
    counts.set(colourAt(offset), (counts.get(colourAt(offset)) ?? 0) + 1);
  const frequent = [...counts].sort(([, one], [, other]) => other - one).map(([colour]) => colour);

  const channels = (colour: number) => [colour >> 16, (colour >> 8) & 255, colour & 255] as const;
  const distance = (one: number, other: number) => {
    const [red, green, blue] = channels(one);
    const [otherRed, otherGreen, otherBlue] = channels(other);
    return (red - otherRed) ** 2 + (green - otherGreen) ** 2 + (blue - otherBlue) ** 2;
  };
  const chosen: number[] = [];
  const nearest = new Map(frequent.map((colour) => [colour, { index: 0, away: Infinity }]));
  const choose = (added: number) => {
    chosen.push(added);
    for (const [colour, known] of nearest) {
      const away = distance(colour, added);
      if (away < known.away) nearest.set(colour, { index: chosen.length - 1, away });
    }
  };
  for (const colour of frequent.slice(0, colours / 2)) choose(colour);
  // A small lamp is few pixels and matters: the other half are those that nothing comes near to.
  while (chosen.length < Math.min(colours, frequent.length)) {
    const [[farthest] = [0]] = [...nearest].sort(([, one], [, other]) => other.away - one.away);
    choose(farthest);
  }

  let pixels = '';
  for (let offset = 0; offset < data.length; offset += 4)
    pixels += String.fromCharCode(nearest.get(colourAt(offset))?.index ?? 0);
  return { width, height, palette: chosen.flatMap(channels), pixels: btoa(pixels) };
}
