/** What a picture is by its first bytes, whatever its file is called. */
export type ImageKind = 'jpeg' | 'png' | 'webp' | 'other-picture';

/** How many bytes tell. */
export const HEAD_BYTES = 512;

/** Undefined for what is no picture, SVG included: that is a document, which may hold programs. */
export function imageKind(head: Uint8Array): ImageKind | undefined {
  const text = (from: number, to: number) => String.fromCharCode(...head.subarray(from, to));
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg';
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp';
  if (text(0, 4) === 'GIF8' || text(0, 2) === 'BM') return 'other-picture';
  // HEIC and AVIF, as telephones make them.
  if (text(4, 8) === 'ftyp' && /hei|hev|mif1|msf1|avif/.test(text(8, 32))) return 'other-picture';
  return undefined;
}
